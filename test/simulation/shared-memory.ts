import type { BranchMemory, Seen } from "../../src/state/memory-of-branch.ts";

/** What the runs of one host remember of the state branch together. */
export function sharedMemory(): BranchMemory {
  let seen: Seen | null = null;
  return {
    recall: async () => (seen === null ? null : { seen, where: "the memory of this host" }),
    async remember(newest) {
      seen = newest;
    },
  };
}
