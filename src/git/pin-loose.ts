import { dirname, relative, sep } from "node:path";

import type { PinnedContent } from "../config/files.ts";
import type { FileMapping } from "../config/spec.ts";
import { UserError } from "../lib/user-error.ts";
import { enclosingRoot } from "./enclosing-root.ts";
import { pinEntry } from "./pin-files.ts";
import { workTreeSource } from "./work-tree-source.ts";

/** A service file that need not be in a repository. Paths are absolute. */
export interface LooseFile {
  readonly serviceFile: string;
  /** Files that are part of no content. */
  readonly without: readonly string[];
}

/** Contents of `files` that lie beside a service file, by their local path: the same as in a repository. What `plan` would refuse is left out. */
export async function pinLoose(
  { serviceFile, without }: LooseFile,
  files: readonly FileMapping[],
): Promise<ReadonlyMap<string, PinnedContent>> {
  const directory = dirname(serviceFile);
  // The ignore files of the repository hold, or without one the directory's own.
  const root = enclosingRoot(directory) ?? directory;
  const inside = (path: string): string => relative(root, path).split(sep).join("/");
  const place = { serviceFile: inside(serviceFile), without: without.map(inside), source: workTreeSource(root) };
  const pinned = await Promise.all(
    files.map(async (mapping) => {
      try {
        return [[mapping.local_path, await pinEntry(place, mapping)] as const];
      } catch (error) {
        if (error instanceof UserError) return [];
        throw error;
      }
    }),
  );
  return new Map(pinned.flat());
}
