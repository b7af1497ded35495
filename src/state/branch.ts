import type { TreeNode } from "./tree.ts";

/** The newest commit of a branch. */
export interface Tip {
  readonly commit: string;
  /** Commits of the branch since its beginning. */
  readonly generation: number;
  readonly tree: TreeNode;
}

/** What a file was, and the commit that made it so. */
export interface Version {
  readonly commit: string;
  /** RFC 3339; `null`: nobody knows. */
  readonly time: string | null;
  readonly text: string;
}

/** A file to be put. Modes are git's, in octal. */
export interface NewFile {
  readonly mode: string;
  readonly content: Uint8Array;
}

/** A text as an ordinary file. */
export function textFile(text: string): NewFile {
  return { mode: "100644", content: Buffer.from(text) };
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
  /** What a file was in a tip and before it, newest first, back to where there was none, as far as that is known. Absent: it is not. */
  readonly versions?: (tip: Tip, path: string, signal?: AbortSignal) => Promise<readonly Version[]>;
  /** A commit that was the tip once, if it is still on this machine. Absent: nothing is kept. */
  readonly tipAt?: (commit: string, signal?: AbortSignal) => Promise<Tip | null>;
  /** Makes a branch that is gone anew with such a commit as its tip; `false`: that cannot be done, or somebody was faster. */
  readonly revive?: (commit: string, signal?: AbortSignal) => Promise<boolean>;
  /** Whether a commit comes after another one, by what is known here of both: asked where `includes` may see too little of the past. */
  readonly descends?: (commit: string, from: string) => Promise<boolean>;
  /** Whether a commit that we made is part of the history of a tip that was read after, maybe as the copy that a compaction has made of it. */
  includes(tip: Tip, commit: string, signal?: AbortSignal): Promise<boolean>;
}
