import { describe, expect, it } from "vitest";

import { seeded } from "./random.ts";
import { drawScenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { scenarioOf } from "./situations.ts";

/** In how many of the 240 seeds each fault has to happen at least, so that none silently stops to. */
const expected = {
  killed: 40,
  frozen: 5,
  "frozen for longer than a lease": 10,
  "clock skewed": 15,
  "clock set": 10,
  "tick without secrets": 10,
  refuses: 5,
  limits: 5,
  forgets: 5,
  hangs: 5,
  blinds: 10,
  lacks: 8,
  quota: 2,
  flaps: 15,
  deaf: 5,
  mute: 5,
  pushes: 8,
  fetches: 3,
  "gateway down": 8,
  "branch rewound": 1,
  "branch deleted": 1,
  exits: 5,
  preempted: 5,
  vanishes: 5,
  unreachable: 8,
  empties: 3,
  full: 4,
  "full, and said so": 4,
  slow: 5,
  "crashes-at-start": 8,
  "crashes-later": 8,
  "never-ready": 8,
  sickens: 8,
  "fails-requests": 8,
  "turned down for its requests": 1,
  "strategy surge": 20,
  "strategy stop-first": 4,
  "strategy blue-green": 4,
  "strategy canary": 8,
  "over-budget": 2,
  "missing-env": 1,
  "ended as idle": 3,
  "refused: stale": 2,
  "unknown or given up, and said so": 40,
} as const;

const seeds = Array.from({ length: 240 }, (_, index) => index + 1);

describe("the program under seeded faults, on simulated time", () => {
  const happened = new Map<string, number>();

  it.each(seeds.filter((seed) => seed % 10 === 1))("seeds %i and the nine after it", async (from) => {
    for (let seed = from; seed < from + 10; seed += 1) {
      const { broken, timeline, faults } = await simulate(seed);
      expect(broken, `seed ${seed}\n${timeline.join("\n")}`).toBeNull();
      for (const fault of faults.keys()) happened.set(fault, (happened.get(fault) ?? 0) + 1);
    }
  });

  it.each(Object.entries(expected))("%s happens in at least %i of them", (fault, least) => {
    expect(happened.get(fault) ?? 0).toBeGreaterThanOrEqual(least);
  });

  it.each([
    { situation: "empty-listings", fault: "chokes" },
    { situation: "empty-listings", fault: "braked" },
    { situation: "gone-or-not-listed", fault: "kept though not listed" },
  ] as const)("$fault happens in $situation", async ({ situation, fault }) => {
    const led = seeds.slice(0, 5).map((seed) => simulate(seed, scenarioOf(seed, situation)));
    const results = await Promise.all(led);
    for (const { broken, timeline } of results) expect(broken, timeline.join("\n")).toBeNull();
    expect(results.filter(({ faults }) => faults.has(fault)).length).toBeGreaterThanOrEqual(2);
  });

  it("is the same for the same seed", async () => {
    expect(await simulate(7)).toEqual(await simulate(7));
  });

  it("draws scenarios that are plain data", () => {
    for (const seed of seeds) {
      const scenario = drawScenario(seeded(seed));
      expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
    }
  });
});
