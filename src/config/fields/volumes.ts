/** Volumes that a replica gets. */

import { list, oneOrMore } from "../schema/composite.ts";
import { object } from "../schema/object.ts";
import { type At, type Field, invalid, type Invalid, refuse, refuseToPlan, type Schema } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, transform } from "../schema/words.ts";
import type { ServiceSpec, VolumeSpec } from "../spec.ts";
import { isMapping } from "../yaml/value.ts";
import { textOr } from "./written.ts";

/** Absolute, and without `..`. */
const absolutePattern = "^/(?!(?:.*/)?\\.\\.(?:/|$))";

/** Two slashes at the start, and no more, mean something of their own to POSIX. */
const mountPath = transform(
  text(),
  (path, at) => {
    if (path === "") return refuse(at, "empty path");
    if (!path.startsWith("/")) return refuse(at, `path must be absolute: ${path}`);
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.includes("..")) return refuse(at, `.. are not allowed: ${path}`);
    return `${/^\/\/(?!\/)/.test(path) ? "//" : "/"}${parts.join("/")}`;
  },
  { title: "an absolute path", type: "string", pattern: absolutePattern },
);

const targetPath = transform(mountPath, (path, at) => {
  if (path.includes("\0") || path === "//") refuseToPlan(at, `Invalid volume mount path: ${JSON.stringify(path)}`);
  return path;
});

const networkVolume = object<Extract<VolumeSpec, { name: readonly string[] }>>({
  name: {
    schema: oneOrMore(text()),
    description: "The volume, or several of which any will do.",
    example: "my-volume",
  },
  path: { schema: targetPath, description: "Where it is mounted.", example: "/data" },
});

const instanceVolume = object<Extract<VolumeSpec, { instance_path: string }>>({
  instance_path: { schema: mountPath, description: "A path of the instance.", example: "/mnt/cache" },
  path: { schema: targetPath, description: "Where it is mounted.", example: "/cache" },
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
  const target = targetPath.read(path, at);
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
