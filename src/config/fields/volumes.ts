/** Volumes that a replica gets. */

import { list, oneOrMore } from "../schema/composite.ts";
import { object } from "../schema/object.ts";
import { type At, type Field, invalid, type Invalid, refuse, type Schema } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, transform } from "../schema/words.ts";
import type { ServiceSpec, VolumeSpec } from "../spec.ts";
import { isMapping } from "../yaml/value.ts";
import { textOr } from "./written.ts";

/** Absolute, and without `..`. */
const absolutePattern = "^/(?!(?:.*/)?\\.\\.(?:/|$))";

const mountPath = transform(
  text(),
  (path, at) => {
    if (path === "") return refuse(at, "empty path");
    if (!path.startsWith("/")) return refuse(at, `path must be absolute: ${path}`);
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    return parts.includes("..") ? refuse(at, `.. are not allowed: ${path}`) : `/${parts.join("/")}`;
  },
  { title: "an absolute path", type: "string", pattern: absolutePattern },
);

const networkVolume = object<Extract<VolumeSpec, { name: readonly string[] }>>({
  name: {
    schema: oneOrMore(text()),
    description: "The volume, or several of which any will do.",
    example: "my-volume",
  },
  path: { schema: mountPath, description: "Where it is mounted.", example: "/data" },
});

const instanceVolume = object<Extract<VolumeSpec, { instance_path: string }>>({
  instance_path: { schema: mountPath, description: "A path of the instance.", example: "/mnt/cache" },
  path: { schema: mountPath, description: "Where it is mounted.", example: "/cache" },
  optional: { schema: boolean, default: false, description: "Run also where this is not possible.", example: true },
});

const volumeObject: Schema<VolumeSpec> = {
  expects: "a mapping",
  json: () => ({ anyOf: [networkVolume.json(), instanceVolume.json()] }),
  read: (value, at) =>
    (isMapping(value) && value.has("instance_path") && !value.has("name") ? instanceVolume : networkVolume).read(
      value,
      at,
    ),
};

const volume = textOr(volumeObject, {
  expects: "`name:/path` or `/instance/path:/path`",
  pattern: "^(?:/[^:]*|[^:/]+):/[^:]*$",
  parse: parseVolume,
});

function parseVolume(written: string, at: At): VolumeSpec | Invalid {
  const [source, path, ...rest] = written.split(":");
  if (source === undefined || path === undefined || rest.length > 0)
    return refuse(at, `invalid mount point format: ${written}`);
  const target = mountPath.read(path, at);
  if (!source.includes("/")) return target === invalid ? invalid : { name: [source], path: target };
  const instance_path = mountPath.read(source, at);
  return target === invalid || instance_path === invalid ? invalid : { instance_path, path: target, optional: false };
}

export const volumes: Field<ServiceSpec["volumes"]> = {
  schema: list(volume),
  default: [],
  description:
    "Volumes to mount: `name:/path` for network volumes, `/instance/path:/path` for directories of the instance.",
  example: ["my-volume:/data"],
};
