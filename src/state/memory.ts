import { hash } from "node:crypto";

import type { Clock } from "../lib/clock.ts";
import type { Branch, Tip } from "./branch.ts";
import type { BranchMemory } from "./memory-of-branch.ts";
import type { Derive } from "./next-commit.ts";
import { optimisticStore } from "./optimistic-store.ts";
import type { StateStore } from "./store.ts";
import { editTree, emptyTree } from "./tree.ts";
import type { FileNode } from "./tree.ts";

/** A state branch in memory: what may go wrong at one of its calls. */
export type Fault =
  /** Fails, nothing happened. */
  | "error-before"
  /** Happened, but the answer was lost. */
  | "error-after"
  /** Somebody else is said to have been faster. */
  | "lost-race";

export interface MemoryBranch extends Branch {
  /** Every commit since the beginning, oldest first. */
  readonly history: () => readonly (Tip & { readonly message: string })[];
  /** As a deleted, or force-pushed, branch would look. */
  rewindTo(commit: string | null): void;
  /** As somebody who still has these commits pushes them. */
  pushAgain(commits: readonly (Tip & { readonly message: string })[]): void;
}

/** A branch in memory, for simulations and tests. `fault` is asked before each call that reads or writes. */
export function memoryBranch(
  fault: (operation: "read" | "contents" | "write" | "includes") => Fault | null = () => null,
): MemoryBranch {
  let commits: readonly (Tip & { readonly message: string })[] = [];
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
    async write({ parent, edits, message, generation }) {
      const injected = fault("write");
      if (injected === "error-before") throw new Error("injected: nothing could be written");
      if (injected === "lost-race" || (commits.at(-1)?.commit ?? null) !== (parent?.commit ?? null))
        return { kind: "moved" };
      const nodes = new Map<string, FileNode | null>();
      for (const [path, file] of edits)
        nodes.set(path, file === null ? null : { kind: "file", mode: file.mode, id: keep(file.content) });
      const tip = {
        commit: nameOf(`${parent?.commit ?? ""}\n${message}`),
        generation,
        message,
        tree: editTree(parent?.tree ?? emptyTree, nodes),
      };
      commits = [...commits, tip];
      if (injected === null) return { kind: "written", tip };
      return { kind: "doubtful", commit: tip.commit, cause: new Error("injected: the answer was lost") };
    },
    async includes(tip, commit) {
      if (fault("includes") !== null) throw new Error("injected: history could not be read");
      const at = commits.findIndex((known) => known.commit === tip.commit);
      return commits.slice(0, at + 1).some((known) => known.commit === commit);
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
    ...(options.memory === undefined ? {} : { memory: options.memory }),
  });
}
