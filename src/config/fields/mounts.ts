/** Files and repositories that a replica gets: one entry a property. */

import { list } from "../schema/composite.ts";
import { object } from "../schema/object.ts";
import { type At, child, type Field, invalid, type Invalid, refuse } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, nullable, nullMeans, oneOf, transform } from "../schema/words.ts";
import type { FileMapping, RepoSpec, ServiceSpec } from "../spec.ts";
import { textOr } from "./written.ts";

/** Splits at colons, but for the one of a Windows drive. */
function splitPaths(written: string): readonly string[] {
  const drive = isWindowsPath(written) ? written.slice(0, 2) : "";
  const [first = "", ...rest] = written.slice(drive.length).split(":");
  return [drive + first, ...rest];
}

function isWindowsPath(path: string): boolean {
  return /^[A-Za-z]:[\\/]/.test(path);
}

/** Also a share of a network, whose root Windows has no other name for. */
function isAbsoluteOnWindows(path: string): boolean {
  return isWindowsPath(path) || /^[\\/]{2}[^\\/]+[\\/](?![\\/])/.test(path);
}

const unixPath = transform(
  text(),
  (path, at) => (isAbsoluteOnWindows(path) ? refuse(at, `path must be a Unix file path: ${path}`) : path),
  { type: "string", pattern: "^(?![A-Za-z]:[\\\\/])" },
);

const fileObject = object<FileMapping>({
  local_path: { schema: text(), description: "A file or directory, relative to the service file.", example: "." },
  path: { schema: unixPath, description: "Where it goes inside, relative to the working directory.", example: "app" },
});

const file = textOr(fileObject, {
  expects: "`local` or `local:path`",
  pattern: "^(?:[A-Za-z]:[\\\\/])?[^:]*(?::[^:]*)?$",
  parse: (written, at) => {
    const [local_path = "", path = local_path, ...rest] = splitPaths(written);
    if (rest.length > 0) return refuse(at, `invalid file path mapping: ${written}`);
    return isAbsoluteOnWindows(path) ? refuse(at, `path must be a Unix file path: ${path}`) : { local_path, path };
  },
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
      description: "A directory of a Git repository, relative to the service file. Excludes `url`.",
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
    hash: {
      schema: nullable(text()),
      default: null,
      description: "The commit.",
      example: "8b5ab3a3c1c1bd0c2d8bd3f1c1c7a2a9d0e6d5f4",
    },
    path: {
      schema: nullable(transform(text(), refuseUserHome, { type: "string", pattern: "^(?!~[^/])" })),
      default: null,
      description: "Where it goes inside, relative to the working directory.",
      example: "/workflow",
    },
    if_exists: {
      schema: oneOf(["error", "skip"]),
      default: "error",
      description: "What to do where that is not empty: `error` refuses, `skip` leaves it as it is.",
      example: "skip",
    },
  },
  { check: checkSource },
);

function checkSource({ local_path, url }: RepoSpec, at: At): void {
  // Empty texts count as not given.
  if (local_path && url) refuse(at, "`local_path` and `url` are mutually exclusive");
  if (!local_path && !url) refuse(at, "Either `local_path` or `url` must be specified");
}

function refuseUserHome(path: string, at: At): string | Invalid {
  return /^~[^/]/.test(path) ? refuse(at, "`~username` syntax is not supported") : path;
}

const repo = textOr<RepoSpec>(repoObject, {
  expects: "a path or URL of a Git repository",
  pattern: "^(?:[^:]*|[^:]*:[^:]*|[^:]+:[^:]+:[^:]*|[^:]+:[^:]+:[^:]*:[^:]*)$",
  parse: parseRepo,
});

function parseRepo(written: string, at: At): RepoSpec | Invalid {
  const isUrl = /^[^:]*(?:@[^:]*:|:\/\/)/.test(written);
  const [source = "", path = null, ...surplus] = isUrl ? splitAfterUrl(written) : splitPaths(written);
  if (surplus.length > 0) return refuse(at, `Invalid repo: ${written}`);
  if (path !== null && refuseUserHome(path, child(at, "path")) === invalid) return invalid;
  const read: RepoSpec = {
    local_path: isUrl ? null : source,
    url: isUrl ? source : null,
    branch: null,
    hash: null,
    path,
    if_exists: "error",
  };
  if (source === "") checkSource(read, at);
  return source === "" ? invalid : read;
}

/** The first colon is part of the URL. */
function splitAfterUrl(written: string): readonly string[] {
  const [scheme = "", rest = "", ...others] = written.split(":");
  return [`${scheme}:${rest}`, ...others];
}

export const repos: Field<ServiceSpec["repos"]> = {
  schema: transform(
    list(repo),
    (read, at) => (read.length > 1 ? refuse(at, "A maximum of one repo is currently supported") : read),
    { maxItems: 1 },
  ),
  default: [],
  description: "A Git repository that each replica gets: a local path or a URL, either with `:path`.",
  example: [".."],
};

export const single_branch: Field<ServiceSpec["single_branch"]> = {
  schema: nullMeans(boolean, true),
  default: true,
  description: "Clone only the repository's current branch.",
  example: false,
};
