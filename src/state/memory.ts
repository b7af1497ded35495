import { hash } from "node:crypto";

import type { Clock } from "../lib/clock.ts";
import type { Branch, Tip, Version } from "./branch.ts";
import type { Identity } from "./identity.ts";
import type { BranchMemory } from "./memory-of-branch.ts";
import type { Derive } from "./next-commit.ts";
import { optimisticStore } from "./optimistic-store.ts";
import { withGenerations } from "./past.ts";
import type { PastBranch, PastCommit } from "./past.ts";
import type { StateStore } from "./store.ts";
import { trailersOf } from "./trailers.ts";
import { editTree, emptyTree, filesBelow, nodeAt } from "./tree.ts";
import type { FileNode } from "./tree.ts";

/** A state branch in memory: what may go wrong at one of its calls. */
export type Fault =
  /** Fails, nothing happened. */
  | "error-before"
  /** Happened, but the answer was lost. */
  | "error-after"
  /** Somebody else is said to have been faster. */
  | "lost-race";

export interface MemoryBranch extends PastBranch {
  /** Every commit since the beginning, or since the last compaction, oldest first. */
  readonly history: () => readonly MemoryCommit[];
  /** As a deleted, or force-pushed, branch would look. */
  rewindTo(commit: string | null): void;
  /** As somebody who still has these commits pushes them. */
  pushAgain(commits: readonly MemoryCommit[]): void;
}

export interface MemoryCommit extends Tip {
  readonly message: string;
  /** Milliseconds since the epoch. Absent: nobody gave the branch a clock. */
  readonly at?: number;
}

/** A branch in memory, for simulations and tests. `fault` is asked before each call that reads or writes. */
export function memoryBranch(
  fault: (operation: "read" | "contents" | "write" | "includes") => Fault | null = () => null,
  clock?: Clock,
): MemoryBranch {
  let commits: readonly MemoryCommit[] = [];
  /** Commits that were made and are in no history yet, or not any more. */
  const made = new Map<string, readonly MemoryCommit[]>();
  const contents = new Map<string, Uint8Array>();
  return {
    history: () => commits,
    rewindTo(commit) {
      commits = commits.slice(0, commits.findIndex((tip) => tip.commit === commit) + 1);
    },
    pushAgain(lost) {
      commits = lost;
    },
    async read() {
      if (fault("read") !== null) throw new Error("injected: the branch could not be read");
      return commits.at(-1) ?? null;
    },
    async contents(ids) {
      if (fault("contents") !== null) throw new Error("injected: files could not be read");
      return new Map(ids.flatMap((id) => [...bytesOf(id)]));
    },
    async past() {
      return { commits: pastOf(commits), whole: true };
    },
    async stateAt({ commit }) {
      const found = commits.find((known) => known.commit === commit);
      if (found === undefined) throw new Error(`${commit} is not in the branch`);
      return found;
    },
    async replay(oldest, tip) {
      const copies: MemoryCommit[] = [];
      for (const commit of commits.slice(commits.findIndex((known) => known.commit === oldest)))
        copies.push({ ...commit, commit: nameOf(`${copies.at(-1)?.commit ?? ""}\n${commit.message}`) });
      const last = copies.at(-1) ?? tip;
      made.set(last.commit, copies);
      return last;
    },
    async write({ parent, replaces, edits, message, generation }) {
      const injected = fault("write");
      if (injected === "error-before") throw new Error("injected: nothing could be written");
      const expected = (replaces ?? parent)?.commit ?? null;
      if (injected === "lost-race" || (commits.at(-1)?.commit ?? null) !== expected) return { kind: "moved" };
      const nodes = new Map<string, FileNode | null>();
      for (const [path, file] of edits)
        nodes.set(path, file === null ? null : { kind: "file", mode: file.mode, id: keep(file.content) });
      const tip = {
        commit: nameOf(`${parent?.commit ?? ""}\n${message}`),
        generation,
        message,
        tree: editTree(parent?.tree ?? emptyTree, nodes),
        ...(clock === undefined ? {} : { at: clock.now() }),
      };
      made.set(tip.commit, [tip]);
      commits = [...(replaces === undefined ? commits : (made.get(parent?.commit ?? "") ?? [])), tip];
      if (injected === null) return { kind: "written", tip };
      return { kind: "doubtful", commit: tip.commit, cause: new Error("injected: the answer was lost") };
    },
    async versions(tip, path) {
      const upTo = commits.slice(0, commits.findIndex((known) => known.commit === tip.commit) + 1).reverse();
      const found: Version[] = [];
      for (const { commit, tree } of upTo) {
        const node = nodeAt(tree, path);
        if (node?.kind === "file")
          found.push({ commit, time: null, text: Buffer.from(contents.get(node.id) ?? []).toString("utf8") });
        else if (found.length > 0) break;
      }
      return found;
    },
    async includes(tip, commit) {
      if (fault("includes") !== null) throw new Error("injected: history could not be read");
      const at = commits.findIndex((known) => known.commit === tip.commit);
      const [nonce] = trailersOf(made.get(commit)?.at(-1)?.message ?? "", "Nonce");
      return commits
        .slice(0, at + 1)
        .some(
          ({ commit: known, message }) =>
            known === commit || (nonce !== undefined && trailersOf(message, "Nonce")[0] === nonce),
        );
    },
  };

  function keep(content: Uint8Array): string {
    const id = nameOf(content);
    contents.set(id, content);
    return id;
  }

  function bytesOf(id: string): readonly [string, Uint8Array][] {
    const bytes = contents.get(id);
    return bytes === undefined ? [] : [[id, bytes]];
  }
}

/** Commits as a history tells them, newest first. */
function pastOf(commits: readonly MemoryCommit[]): readonly PastCommit[] {
  const oldestFirst = commits.map(({ commit, tree, message, at = 0 }, index) => {
    const before = new Map(filesBelow(commits[index - 1]?.tree ?? emptyTree, ""));
    const after = new Map(filesBelow(tree, ""));
    const changed = [...after].filter(([path, node]) => before.get(path)?.id !== node.id);
    const removed = [...before.keys()].filter((path) => !after.has(path));
    const changes = [
      ...changed.map(([path, { id }]) => ({ path, id })),
      ...removed.map((path) => ({ path, id: null })),
    ];
    const id = nameOf(JSON.stringify([...after]));
    return { commit, message, at, author: "memory", tree: id, changes };
  });
  return withGenerations(oldestFirst.toReversed());
}

function nameOf(content: Uint8Array | string): string {
  return hash("sha1", content);
}

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly branch?: Branch;
  /** In [0, 1). Default: always one half, so that runs repeat. */
  readonly random?: () => number;
  readonly derive?: Derive;
  /** Tells the stores of one branch apart: part of their nonces and of the state id that they propose. */
  readonly writer?: string;
  /** What the stores of one machine remember of the branch together. */
  readonly memory?: BranchMemory;
  readonly identity?: Identity;
}

/** The same store over a branch in memory: deterministic, and as strict as the real one. */
export function memoryStore(options: MemoryStoreOptions): StateStore {
  const writer = options.writer ?? "memory";
  let ids = 0;
  return optimisticStore(options.branch ?? memoryBranch(), {
    clock: options.clock,
    random: options.random ?? (() => 0.5),
    newId: () => `${writer}-${(ids += 1)}`,
    derive: options.derive,
    identity: options.identity,
    ...(options.memory === undefined ? {} : { memory: options.memory }),
  });
}
