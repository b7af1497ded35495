import type { JobFile } from "./job.ts";

/** One file of a `files` entry. `path` is relative to the entry's root; empty when the entry is a single file. */
export interface FileEntry {
  readonly path: string;
  readonly mode: "file" | "executable" | "symlink";
  readonly content: Uint8Array;
}

/** A `files` entry with its content, as it was when a plan was accepted. */
export interface PinnedContent extends JobFile {
  /** Sorted by path. */
  readonly entries: readonly FileEntry[];
}
