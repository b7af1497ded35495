import { createHash } from "node:crypto";

import type { FileEntry } from "../config/files.ts";
import { digest } from "../lib/digest.ts";

/** Identity of a `files` entry's content: names, modes and bytes. */
export function contentId(entries: readonly FileEntry[]): string {
  return digest(
    entries.map(({ path, mode, content }) => ({
      path,
      mode,
      sha256: createHash("sha256").update(content).digest("hex"),
    })),
  );
}

/** Sorts by path, by code unit, as content ids want it. */
export function sortedByPath(entries: readonly FileEntry[]): readonly FileEntry[] {
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
