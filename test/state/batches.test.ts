import { expect, test } from "vitest";

import { createBatches } from "../../src/state/batches.ts";
import type { Change, Snapshot } from "../../src/state/store.ts";

const basis: Snapshot = { commit: null, generation: 0, stateId: "s", services: new Map() };

function change(message: string): Change {
  return { message, services: [], basis };
}

test("a change of somebody who has given up is not written along with others that wait", async () => {
  const open = Promise.withResolvers<void>();
  const written: string[] = [];
  const batches = createBatches({
    gate: {
      enter: () => open.promise,
      leave: async () => {},
      enterAgain: async () => {},
      pushed: () => {},
      ended: async () => {},
    },
    async write({ waiting }) {
      written.push(...waiting.map((each) => each.change.message));
      for (const { resolve } of waiting) resolve(basis);
    },
  });
  const first = batches.add(change("first"));
  await Promise.resolve();
  const late = batches.add(change("late"), AbortSignal.abort(new Error("given up")));
  await expect(late).rejects.toThrow("given up");
  open.resolve();
  await first;
  expect(written).toEqual(["first"]);
});
