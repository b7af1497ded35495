import { expect, it } from "vitest";

import { afterRace, afterWrite, restBefore } from "../../src/state/other-machines.ts";
import type { Lately } from "../../src/state/other-machines.ts";

const now = 1_000_000;
const just: Lately = { wroteAt: now - 10, took: 100, inRow: 1, racedAt: 0, races: 0 };

it.each([
  ["nothing was written yet", { wroteAt: 0, took: 0, inRow: 0, racedAt: 0, races: 0 }, 0],
  ["a write after another", just, 0],
  ["one more than others should wait for", { ...just, inRow: 15 }, 400],
  ["a pause that came by itself", { ...just, inRow: 15, wroteAt: now - 300 }, 0],
  ["others are faster now and then", { ...just, racedAt: now - 5_000, races: 4 }, 350],
  ["somebody was faster once", { ...just, racedAt: now - 5_000, races: 1 }, 0],
  ["others were faster long ago", { ...just, racedAt: now - 40_000, races: 9 }, 0],
  ["who lost does not wait for himself", { ...just, wroteAt: now - 5_000, racedAt: now - 100, races: 9 }, 0],
  ["a slow remote", { ...just, took: 2_000, inRow: 30 }, 3_000],
] as const)("%s", (_, lately, expected) => {
  expect(restBefore(lately, now, 0.5)).toBe(expected);
});

it("counts races that follow each other", () => {
  const once = afterRace(just, now);
  expect(once.races).toBe(1);
  expect(afterRace(once, now + 5_000).races).toBe(2);
  expect(afterRace(once, now + 45_000).races).toBe(1);
});

it("counts writes in a row until there was a pause", () => {
  const next = afterWrite(just, { took: 100, now: now + 100, rested: false });
  expect(next).toEqual({ wroteAt: now + 100, took: 100, inRow: 2, racedAt: 0, races: 0 });
  expect(afterWrite(next, { took: 50, now: now + 200, rested: true }).inRow).toBe(1);
  expect(afterWrite(next, { took: 50, now: now + 1_000, rested: false }).inRow).toBe(1);
});
