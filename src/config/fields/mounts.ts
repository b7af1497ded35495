/** Files, repositories and volumes that a replica gets: one entry a property. */

import { list, oneOrMore } from "../schema/composite.ts";
import { object } from "../schema/object.ts";
import {
  type At,
  child,
  type Field,
  invalid,
  type Invalid,
  refuse,
  type Schema,
  unexpected,
} from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, nullable, oneOf, transform } from "../schema/words.ts";
import type { FileMapping, RepoSpec, ServiceSpec, VolumeSpec } from "../spec.ts";
import { isMapping } from "../yaml/value.ts";

/** A text with a grammar of its own, or a mapping. */
function textOr<T>(mapping: Schema<T>, expects: string, parse: (written: string, at: At) => T | Invalid): Schema<T> {
  return {
    expects,
    json: () => ({ anyOf: [{ type: "string" }, mapping.json()] }),
    read: (value, at) => {
      if (isMapping(value)) return mapping.read(value, at);
      return typeof value === "string" ? parse(value, at) : unexpected(expects, value, at);
    },
  };
}

/** Splits at colons, but for the one of a Windows drive. */
function splitPaths(written: string): readonly string[] {
  const drive = isWindowsPath(written) ? written.slice(0, 2) : "";
  const [first = "", ...rest] = written.slice(drive.length).split(":");
  return [drive + first, ...rest];
}

function isWindowsPath(path: string): boolean {
  return /^[A-Za-z]:[\\/]/.test(path);
}

const unixPath = transform(text(), (path, at) =>
  isWindowsPath(path) ? refuse(at, `path must be a Unix file path: ${path}`) : path,
);

const fileObject = object<FileMapping>({
  local_path: { schema: text(), description: "A file or directory, relative to the configuration file.", example: "." },
  path: { schema: unixPath, description: "Where it goes inside, relative to the working directory.", example: "app" },
});

const file = textOr(fileObject, "`local` or `local:path`", (written, at) => {
  const [local_path = "", path = local_path, ...rest] = splitPaths(written);
  if (rest.length > 0) return refuse(at, `invalid file path mapping: ${written}`);
  return isWindowsPath(path) ? refuse(at, `path must be a Unix file path: ${path}`) : { local_path, path };
});

export const files: Field<ServiceSpec["files"]> = {
  schema: list(file),
  default: [],
  description: "Local files and directories that each replica gets: `local` or `local:path`.",
  example: [".:app"],
};

const repoObject = object<RepoSpec>(
  {
    local_path: {
      schema: nullable(text()),
      default: null,
      description: "A directory of a Git repository, relative to the configuration file. Excludes `url`.",
      example: "..",
    },
    url: {
      schema: nullable(text()),
      default: null,
      description: "The URL of a Git repository. Excludes `local_path`.",
      example: "https://github.com/dstackai/dstack",
    },
    branch: {
      schema: nullable(text()),
      default: null,
      description: "The branch; by default the current one of a local repository, and a URL's default one.",
      example: "main",
    },
    hash: { schema: nullable(text()), default: null, description: "The commit." },
    path: {
      schema: nullable(transform(text(), refuseUserHome)),
      default: null,
      description: "Where it goes inside, relative to the working directory.",
      example: "/workflow",
    },
    if_exists: {
      schema: oneOf(["error", "skip"]),
      default: "error",
      description: "What to do where that is not empty.",
    },
  },
  { check: checkSource },
);

function checkSource({ local_path, url }: RepoSpec, at: At): void {
  if (local_path !== null && url !== null) refuse(at, "`local_path` and `url` are mutually exclusive");
  if (local_path === null && url === null) refuse(at, "Either `local_path` or `url` must be specified");
}

function refuseUserHome(path: string, at: At): string | Invalid {
  return /^~[^/]/.test(path) ? refuse(at, "`~username` syntax is not supported") : path;
}

const repo = textOr<RepoSpec>(repoObject, "a path or URL of a Git repository", (written, at) => {
  const [first = "", ...rest] = splitPaths(written);
  const isUrl =
    !isWindowsPath(written) && rest.length > 0 && (first.includes("@") || rest[0]?.startsWith("//") === true);
  const source = isUrl ? [first, ...rest.slice(0, 1)].join(":") : first;
  const [path = null, ...surplus] = isUrl ? rest.slice(1) : rest;
  if (surplus.length > 0) return refuse(at, `Invalid repo: ${written}`);
  if (path !== null && refuseUserHome(path, child(at, "path")) === invalid) return invalid;
  return {
    local_path: isUrl ? null : source,
    url: isUrl ? source : null,
    branch: null,
    hash: null,
    path,
    if_exists: "error",
  };
});

export const repos: Field<ServiceSpec["repos"]> = {
  schema: transform(list(repo), (read, at) =>
    read.length > 1 ? refuse(at, "A maximum of one repo is currently supported") : read,
  ),
  default: [],
  description: "A Git repository that each replica gets: a local path or a URL, either with `:path`.",
  example: [".."],
};

export const single_branch: Field<ServiceSpec["single_branch"]> = {
  schema: { ...boolean, read: (value, at) => (value === null ? true : boolean.read(value, at)) },
  default: true,
  description: "Clone only the repository's current branch.",
  example: false,
};

const mountPath = transform(text(), (path, at) => {
  if (path === "") return refuse(at, "empty path");
  if (!path.startsWith("/")) return refuse(at, `path must be absolute: ${path}`);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? refuse(at, `.. are not allowed: ${path}`) : `/${parts.join("/")}`;
});

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

const volume = textOr(volumeObject, "`name:/path` or `/instance/path:/path`", (written, at) => {
  const [source, path, ...rest] = written.split(":");
  if (source === undefined || path === undefined || rest.length > 0)
    return refuse(at, `invalid mount point format: ${written}`);
  const target = mountPath.read(path, at);
  if (!source.includes("/")) return target === invalid ? invalid : { name: [source], path: target };
  const instance_path = mountPath.read(source, at);
  return target === invalid || instance_path === invalid ? invalid : { instance_path, path: target, optional: false };
});

export const volumes: Field<ServiceSpec["volumes"]> = {
  schema: list(volume),
  default: [],
  description:
    "Volumes to mount: `name:/path` for network volumes, `/instance/path:/path` for directories of the instance.",
  example: ["my-volume:/data"],
};
