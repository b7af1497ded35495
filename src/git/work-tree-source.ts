import type { Stats } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

import { forEachOf } from "./concurrent.ts";
import type { FileKind, FileSource, SourceEntry } from "./file-source.ts";

/** The files of a directory as they are now. */
export function workTreeSource(root: string): FileSource {
  return {
    async stat(path) {
      const stats = await lstatOrNull(join(root, path));
      return stats === null ? null : entryOf(path.slice(path.lastIndexOf("/") + 1), stats);
    },
    async list(directory) {
      const names = await readdir(join(root, directory));
      const entries = await forEachOf(names, async (name) => {
        const stats = await lstatOrNull(join(root, directory, name));
        // Gone since it was listed.
        return stats === null ? [] : [entryOf(name, stats)];
      });
      return entries.flat();
    },
    read(paths) {
      return forEachOf(paths, async (path) => {
        const absolute = join(root, path);
        const stats = await lstat(absolute);
        return stats.isSymbolicLink() ? Buffer.from(await readlink(absolute)) : readFile(absolute);
      });
    },
  };
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function entryOf(name: string, stats: Stats): SourceEntry {
  return { name, kind: kindOf(stats), size: stats.isFile() ? stats.size : 0 };
}

function kindOf(stats: Stats): FileKind {
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isDirectory()) return "directory";
  if (!stats.isFile()) return "other";
  return (stats.mode & 0o100) === 0 ? "file" : "executable";
}

/** Whether a file system call failed because there is nothing at that path. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
