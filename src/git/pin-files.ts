import { posix } from "node:path";

import type { FileEntry, PinnedContent } from "../config/files.ts";
import { insideRepository, outside } from "../config/reach.ts";
import type { FileMapping } from "../config/spec.ts";
import { UserError } from "../lib/user-error.ts";
import { contentId, sortedByPath } from "./content-id.ts";
import type { FileKind, FileSource } from "./file-source.ts";
import { ignoreRules } from "./ignore-rules.ts";
import type { IgnoreRules } from "./ignore-rules.ts";
import { contentLimit, mebibytes, sizesText } from "./limit.ts";

interface Found {
  /** From the repository's root. */
  readonly path: string;
  readonly kind: Exclude<FileKind, "directory" | "other">;
  readonly size: number;
}

interface Entry extends Place {
  readonly mapping: FileMapping;
  /** From the repository's root; `""` is the root. */
  readonly root: string;
}

/** Pins one entry of `files`: what it names, hashed. Every refusal is a `UserError` that names service file and entry. */
export async function pinEntry(place: Place, mapping: FileMapping): Promise<PinnedContent> {
  const entry: Entry = { ...place, mapping, root: rootOf(place.serviceFile, mapping) };
  const stat = await statEntry(entry);
  const found =
    stat.kind === "directory" ? await walk(entry) : [{ path: entry.root, kind: stat.kind, size: stat.size }];
  checkSize(entry, found);
  const contents = await readAll(entry, found);
  const entries = found.map((file, index): FileEntry => {
    const content = contents[index] ?? new Uint8Array();
    if (file.kind === "symlink") checkLink(entry, file.path, content);
    return { path: relativePath(entry.root, file.path), mode: file.kind, content };
  });
  const sorted = sortedByPath(entries);
  return {
    ...mapping,
    content: contentId(sorted),
    kind: stat.kind === "directory" ? "directory" : "file",
    entries: sorted,
  };
}

/** Where entries are looked for. */
export interface Place {
  readonly serviceFile: string;
  readonly source: FileSource;
  /** Files that are part of no content, besides the service file. */
  readonly without: readonly string[];
}

function refuse(entry: Entry, code: string, message: string, hint?: string): UserError {
  const text = `${entry.serviceFile}: \`files\` entry \`${entry.mapping.local_path}\` ${message}`;
  return new UserError(code, text, hint === undefined ? {} : { hint });
}

function rootOf(serviceFile: string, mapping: FileMapping): string {
  const given = mapping.local_path;
  const path = insideRepository(serviceFile, given);
  if (path !== null) return path;
  throw new UserError("files-outside-repository", `${serviceFile}: \`files\` entry \`${given}\` ${outside.message}`, {
    hint: outside.hints.files,
  });
}

async function statEntry(entry: Entry): Promise<{ kind: "directory" | "file" | "executable"; size: number }> {
  const parts = entry.root.split("/");
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = await entry.source.stat(parts.slice(0, depth).join("/"));
    if (above?.kind === "symlink")
      throw refuse(entry, "files-symlink", "leads through a symbolic link; name the place that it points to");
  }
  const stat = await entry.source.stat(entry.root);
  if (stat === null) throw refuse(entry, "files-missing", "does not exist");
  if (stat.kind === "symlink")
    throw refuse(entry, "files-symlink", "is a symbolic link; name the place that it points to");
  if (stat.kind === "other") throw refuse(entry, "files-kind", "is neither a file nor a directory");
  return { kind: stat.kind, size: stat.size };
}

async function walk(entry: Entry): Promise<readonly Found[]> {
  const found: Found[] = [];
  const without = new Set([entry.serviceFile, ...entry.without]);
  // Rules of the directories above hold, too, but the entry itself was asked for by name.
  await visit(entry.root, await ignoreRules(entry.source, entry.root));
  return found;

  async function visit(directory: string, rules: IgnoreRules): Promise<void> {
    for (const { name, kind, size } of await entry.source.list(directory)) {
      const path = directory === "" ? name : `${directory}/${name}`;
      if (name.toLowerCase() === ".git" || without.has(path)) continue;
      if (rules.ignores(path, kind === "directory")) continue;
      if (kind === "directory") await visit(path, await rules.enter(path));
      else if (kind === "other")
        throw refuse(entry, "files-kind", `holds \`${path}\`, which is neither file, directory nor link`);
      else found.push({ path, kind, size });
    }
  }
}

/** Sizes are known before anything is read. */
function checkSize(entry: Entry, found: readonly Found[]): void {
  const total = found.reduce((sum, file) => sum + file.size, 0);
  if (total <= contentLimit) return;
  throw refuse(
    entry,
    "files-too-large",
    `is ${mebibytes(total)}, which exceeds the limit of ${mebibytes(contentLimit)}; largest: ${sizesText(found)}`,
    "use .gitignore or .dstackignore to exclude large files",
  );
}

async function readAll(entry: Entry, found: readonly Found[]): Promise<readonly Uint8Array[]> {
  try {
    return await entry.source.read(found.map((file) => file.path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { message } = refuse(entry, "files-unreadable", `cannot be read: ${reason}`);
    throw new UserError("files-unreadable", message, { cause });
  }
}

function checkLink(entry: Entry, path: string, content: Uint8Array): void {
  const target = Buffer.from(content).toString("utf8");
  const place = posix.normalize(posix.join(posix.dirname(relativePath(entry.root, path)), target));
  if (!target.startsWith("/") && place !== ".." && !place.startsWith("../")) return;
  throw refuse(
    entry,
    "files-symlink",
    `holds the symbolic link \`${path}\`, which points outside the entry (\`${target}\`)`,
  );
}

function relativePath(root: string, path: string): string {
  if (path === root) return "";
  return root === "" ? path : path.slice(root.length + 1);
}
