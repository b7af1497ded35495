import * as fc from "fast-check";
import { expect, test } from "vitest";

import { createTimerQueue } from "./timer-queue.ts";

test("timers come by time, those of one time as they were added, and cancelled ones not at all", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(20), cancelled: fc.boolean() })), (timers) => {
      const queue = createTimerQueue();
      const cancels = timers.map(({ at }) => queue.add(at, () => undefined));
      timers.forEach(({ cancelled }, index) => (cancelled ? cancels[index]?.() : undefined));
      const came: { readonly at: number; readonly index: number }[] = [];
      for (let next = queue.first(); next !== null; next = queue.first()) {
        came.push({ at: next.at, index: next.order - 1 });
        queue.cancel(next);
      }
      const expected = timers
        .map(({ at, cancelled }, index) => ({ at, index, cancelled }))
        .filter(({ cancelled }) => !cancelled)
        .toSorted((a, b) => a.at - b.at);
      expect(came).toEqual(expected.map(({ at, index }) => ({ at, index })));
    }),
  );
});
