import type { TreeNode } from "./tree.ts";

/** The newest commit of a branch. */
export interface Tip {
  readonly commit: string;
  /** Commits of the branch since its beginning. */
  readonly generation: number;
  readonly tree: TreeNode;
}

/** A file to be put. Modes are git's, in octal. */
export interface NewFile {
  readonly mode: string;
  readonly content: Uint8Array;
}

/** One commit to be made. `null` as parent: the branch's first. `null` as file: removed. */
export interface BranchWrite {
  readonly parent: Tip | null;
  /** The tip that the commit takes the place of, where that is not its parent: the history before is replaced. */
  readonly replaces?: Tip;
  readonly edits: ReadonlyMap<string, NewFile | null>;
  /** With the trailers of `trailers.ts`. */
  readonly message: string;
  readonly generation: number;
}

export type WriteOutcome =
  | { readonly kind: "written"; readonly tip: Tip }
  /**
   * The parent is not the tip any more, or somebody else is just writing. `commit`: unless it was our own write that moved
   * it; HTTP libraries repeat a request on their own when the connection broke, and the repetition is refused.
   */
  | { readonly kind: "moved"; readonly commit?: string; readonly cause?: unknown }
  /** Something failed after the commit may have become the tip: `includes` tells, once the branch is read again. */
  | { readonly kind: "doubtful"; readonly commit: string; readonly cause: unknown };

/**
 * Where state is kept: commits with one tree each, and a compare-and-swap of the tip. The port under the store; git and
 * memory implement it. Calls that throw have written nothing.
 */
export interface Branch {
  /** `null`: there is no such branch, and that is certain. */
  read(signal?: AbortSignal): Promise<Tip | null>;
  /**
   * The tip that a commit is, which another process of this machine has seen there, without asking where the branch is.
   * `null`: it is not known here. Absent: asking costs nothing.
   */
  at?(commit: string, signal?: AbortSignal): Promise<Tip | null>;
  /** Contents of files of a tip that was read, by id. */
  contents(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>>;
  write(write: BranchWrite, signal?: AbortSignal): Promise<WriteOutcome>;
  /** Whether a commit that we made is part of the history of a tip that was read after, maybe as the copy that a compaction has made of it. */
  includes(tip: Tip, commit: string, signal?: AbortSignal): Promise<boolean>;
}
