import { expect, test } from "vitest";

import { forwardTime } from "../../src/lib/clock.ts";

test("a clock that is set back does not take time back, and one that is set forward is followed", () => {
  let [wall, elapsed] = [1_000_000, 0];
  const clock = { now: () => wall, monotonic: () => elapsed, sleep: async () => {} };
  const time = forwardTime(clock);
  const pass = (ms: number): void => {
    wall += ms;
    elapsed += ms;
  };
  expect(time()).toBe(1_000_000);
  pass(10);
  expect(time()).toBe(1_000_010);
  wall -= 3_600_000;
  expect(time()).toBe(1_000_010);
  pass(10);
  expect(time()).toBe(1_000_020);
  wall += 3_600_000 + 500;
  expect(time()).toBe(1_000_520);
  // A machine that sleeps: one of its clocks stands still.
  wall += 60_000;
  expect(time()).toBe(1_060_520);
  wall -= 60_000;
  expect(time()).toBe(1_060_520);
});

test("a clock that is never set is the time", () => {
  let now = 5;
  const time = forwardTime({ now: () => now, sleep: async () => {} });
  expect(time()).toBe(5);
  now = 7;
  expect(time()).toBe(7);
});
