import type { JobFile, RepoState } from "./job.ts";

/** One file of a `files` entry. `path` is relative to the entry's root; empty when the entry is a single file. */
export interface FileEntry {
  readonly path: string;
  readonly mode: "file" | "executable" | "symlink";
  readonly content: Uint8Array;
}

/** A content, and the files that it is of. */
export interface KeptContent {
  readonly content: string;
  /** Sorted by path. */
  readonly entries: readonly FileEntry[];
}

/** A `files` entry with its content, as it was when a plan was accepted. */
export interface PinnedContent extends JobFile, KeptContent {}

/** A `repos` entry with its diff, as it was when a plan was accepted. */
export interface PinnedRepo extends RepoState {
  /** The diff as a single file; none where there is no diff. */
  readonly entries: readonly FileEntry[];
}
