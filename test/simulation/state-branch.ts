import { execFileSync } from "node:child_process";

import type { Branch, BranchWrite, Tip, WriteOutcome } from "../../src/state/branch.ts";
import { localBranch } from "../../src/state/local-branch.ts";
import { memoryBranch } from "../../src/state/memory.ts";
import type { MemoryBranch } from "../../src/state/memory.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** The state branch of a simulation, which each process opens for itself. */
export interface StateBranch extends Pick<MemoryBranch, "history" | "rewindTo" | "pushAgain"> {
  open(): Branch;
}

/** Makes an empty state branch; `fault` is asked before each call that reads or writes. */
export type MakeStateBranch = (clock: VirtualClock, fault: Parameters<typeof memoryBranch>[0]) => StateBranch;

export const inMemory: MakeStateBranch = (_, fault) => {
  const branch = memoryBranch(fault);
  return {
    history: branch.history,
    rewindTo: (commit) => branch.rewindTo(commit),
    pushAgain: (lost) => branch.pushAgain(lost),
    open: () => branch,
  };
};

const author = { name: "simulation", email: "simulation@example.com" } as const;

/** Branches of one bare repository, made and read by git itself. Virtual time stands still meanwhile. */
export function inGit(directory: string): MakeStateBranch {
  let made = 0;
  return (clock, fault = () => null) => {
    const name = `state-${(made += 1)}`;
    let history: readonly (Tip & { readonly message: string })[] = [];
    let last: Promise<unknown> = Promise.resolve();
    return {
      history: () => history,
      rewindTo(commit) {
        history = history.slice(0, history.findIndex((tip) => tip.commit === commit) + 1);
        const reference = `refs/heads/${name}`;
        const command = commit === null ? ["update-ref", "-d", reference] : ["update-ref", reference, commit];
        execFileSync("git", command, { cwd: directory });
      },
      pushAgain(lost) {
        history = lost;
        const newest = lost.at(-1);
        if (newest !== undefined)
          execFileSync("git", ["update-ref", `refs/heads/${name}`, newest.commit], { cwd: directory });
      },
      open() {
        const { branch } = localBranch({ directory, branch: name, author, clock });
        return {
          async read() {
            if (fault("read") !== null) throw new Error("injected: the branch could not be read");
            return inTurn(() => branch.read());
          },
          async contents(ids) {
            if (fault("contents") !== null) throw new Error("injected: files could not be read");
            return inTurn(() => branch.contents(ids));
          },
          write: (change) => write(branch, change),
          includes: (tip, commit) => inTurn(() => branch.includes(tip, commit)),
        };
      },
    };

    async function write(branch: Branch, change: BranchWrite): Promise<WriteOutcome> {
      const injected = fault("write");
      if (injected === "error-before") throw new Error("injected: nothing could be written");
      if (injected === "lost-race") return { kind: "moved" };
      const outcome = await inTurn(() => branch.write(change));
      if (outcome.kind !== "written") return outcome;
      history = [...history, { ...outcome.tip, message: change.message }];
      if (injected === null) return outcome;
      return { kind: "doubtful", commit: outcome.tip.commit, cause: new Error("injected: the answer was lost") };
    }

    /** One call of git after the other, in the order in which they were asked for: a seed's run is the same each time. */
    function inTurn<T>(work: () => Promise<T>): Promise<T> {
      const turn = clock.outside(() => last.then(work));
      last = turn.catch(() => undefined);
      return turn;
    }
  };
}
