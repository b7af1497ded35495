import { exitCodes, UserError } from "../lib/user-error.ts";
import type { Tip } from "./branch.ts";

/** The newest that was ever seen of a branch. */
export interface Seen {
  readonly commit: string;
  readonly generation: number;
  /** `null`: not known. */
  readonly stateId: string | null;
}

/** Where it is remembered beyond this process. */
export interface BranchMemory {
  recall(): Promise<Remembered | null>;
  remember(seen: Seen): Promise<void>;
}

export interface Remembered {
  readonly seen: Seen;
  /** Tells a person what to remove to begin anew. */
  readonly where: string;
}

/** For branches that nothing outlives. */
export const noMemory: BranchMemory = {
  recall: async () => null,
  remember: async () => {},
};

/** Refuses a branch that is less than what was seen of it: it was deleted, rewound or replaced, and what it knew is still running. */
export function admit(remembered: Remembered | null, tip: Tip | null, stateId?: string): void {
  if (remembered === null) return;
  const { seen, where } = remembered;
  const before = `generation ${seen.generation} (commit ${seen.commit}) was seen before`;
  if (tip === null) throw refuse("state-branch-missing", `the state branch is gone, although ${before}`, where, seen);
  if (tip.generation < seen.generation) {
    throw refuse(
      "state-rewound",
      `the state branch is at generation ${tip.generation}, although ${before}: it was rewound`,
      where,
      seen,
    );
  }
  if (tip.generation === seen.generation && tip.commit !== seen.commit) {
    throw refuse(
      "state-rewound",
      `the state branch has another commit ${tip.generation} (${tip.commit}) than before (${seen.commit}): it was rewritten`,
      where,
      seen,
    );
  }
  if (stateId !== undefined && seen.stateId !== null && stateId !== seen.stateId) {
    throw refuse(
      "state-replaced",
      `the state branch holds another state (${stateId}) than before (${seen.stateId})`,
      where,
      seen,
    );
  }
}

function refuse(code: string, message: string, where: string, seen: Seen): UserError {
  return new UserError(code, message, {
    exitCode: exitCodes.failed,
    hint: `nothing was changed. Push commit ${seen.commit} to the branch again; or, to begin with what is there now, remove ${where}`,
  });
}
