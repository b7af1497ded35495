import type { Branch, Tip } from "./branch.ts";
import { directories, parts } from "./layout.ts";
import type { Part } from "./layout.ts";
import { writtenGeneration } from "./trailers.ts";

/** A commit of the state branch as its history tells it. */
export interface PastCommit {
  readonly commit: string;
  readonly generation: number;
  /** Whether the program wrote it; else somebody did, by hand. */
  readonly written: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly author: string;
  readonly message: string;
  /** Id of all of its files. */
  readonly tree: string;
  /** Files that it changed, each with its content's id; `null`: it removed it. */
  readonly changes: readonly FileChange[];
}

export interface FileChange {
  readonly path: string;
  readonly id: string | null;
}

/** What is known of a branch's commits, newest first, along first parents. */
export interface Past {
  readonly commits: readonly PastCommit[];
  /** Whether the oldest of them is the branch's first. */
  readonly whole: boolean;
}

/** Whether as many commits were read as somebody wants; more and more are, until it says so. */
export type Enough = (commits: readonly PastCommit[]) => boolean;

/** A branch whose older commits can be read, and replaced. */
export interface PastBranch extends Branch {
  past(enough: Enough, signal?: AbortSignal): Promise<Past>;
  /** The branch as it was at one of its commits. */
  stateAt(commit: PastCommit, signal?: AbortSignal): Promise<Tip>;
  /**
   * Makes copies of the commits from `oldest` to `tip`, of which the first has no parent: the same trees, messages, authors and
   * dates. Nothing points at them until a write puts one on top and takes the place of `tip` (`BranchWrite.replaces`).
   */
  replay(oldest: string, tip: Tip, signal?: AbortSignal): Promise<Tip>;
}

/** What can be read of a commit by itself. */
export type BareCommit = Omit<PastCommit, "generation" | "written">;

/** Commits with their generations, newest first. One that was made by hand counts from the nearest older one that says its own; where none is known, back from a newer one. */
export function withGenerations(commits: readonly BareCommit[]): readonly PastCommit[] {
  const said = commits.map(({ message }) => writtenGeneration(message));
  const oldestSaid = said.findLastIndex((generation) => generation !== null);
  let older = (said[oldestSaid] ?? commits.length) - (commits.length - oldestSaid);
  const oldestFirst = commits.toReversed().map((commit, index) => {
    const own = said[commits.length - 1 - index] ?? null;
    older = own ?? older + 1;
    return { ...commit, generation: older, written: own !== null };
  });
  return oldestFirst.toReversed();
}

/** The part of a service that a file of the branch holds; `null` for any other file. */
export function partAt(path: string): { readonly part: Part; readonly name: string } | null {
  const found = /^(?<directory>[a-z]+)\/[0-9a-f]{2}\/(?<name>[^/]+)\.json$/.exec(path)?.groups;
  const part = parts.find((each) => directories[each] === found?.["directory"]);
  return part === undefined ? null : { part, name: found?.["name"] ?? "" };
}

/** The services that a commit changed, and which parts of each. */
export function touchedBy(commit: Pick<PastCommit, "changes">): ReadonlyMap<string, ReadonlySet<Part>> {
  const touched = new Map<string, Set<Part>>();
  for (const { path } of commit.changes) {
    const found = partAt(path);
    if (found === null) continue;
    const known = touched.get(found.name) ?? new Set<Part>();
    touched.set(found.name, known.add(found.part));
  }
  return touched;
}
