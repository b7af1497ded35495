import { expect, test } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import type { BranchMemory, Seen } from "../../src/state/memory-of-branch.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import { recordOf } from "../support/state-values.ts";

test("whoever knows an older commit writes nothing on it when the branch was rewound to it", async () => {
  const branch = memoryBranch();
  let seen: Seen | null = null;
  const memory: BranchMemory = {
    recall: async () => (seen === null ? null : { seen, where: "this test" }),
    remember: async (newest) => void (seen = newest),
  };
  const [slow, fast] = ["slow", "fast"].map((writer) => memoryStore({ clock: systemClock, branch, writer, memory }));
  if (slow === undefined || fast === undefined) throw new Error("no stores");
  const write = async (store: typeof slow, name: string, basis = store.load()) =>
    store.commit({ message: name, services: [{ name, record: recordOf(name) }], basis: await basis });
  await write(fast, "one");
  const known = await slow.load();
  await write(fast, "two");

  branch.rewindTo(known.commit);

  await expect(write(slow, "three", Promise.resolve(known))).rejects.toMatchObject({ code: "state-rewound" });
  expect(branch.history()).toHaveLength(1);
});
