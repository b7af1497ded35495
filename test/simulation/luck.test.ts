import { expect, test } from "vitest";

import { createLuck } from "./luck.ts";
import { seeded } from "./random.ts";
import { createVirtualClock } from "./virtual-clock.ts";

test("luck counts what strikes, and only while there is trouble", () => {
  const clock = createVirtualClock(0);
  const luck = createLuck(clock, seeded(1));
  luck.begin({ blinds: 1 }, clock.now() + 10);
  expect([luck.strikes("blinds"), luck.strikes("deaf")]).toEqual([true, false]);
  luck.calmDown();
  expect(luck.strikes("blinds")).toBe(false);
  expect([...luck.tally]).toEqual([["blinds", 1]]);
});
