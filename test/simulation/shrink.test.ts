import { describe, expect, it } from "vitest";

import { applyCuts, cutsText, isLimited, parseCuts, uncut } from "./cuts.ts";
import { seeded } from "./random.ts";
import { drawScenario } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";

const scenarios = Array.from({ length: 30 }, (_, seed) => drawScenario(seeded(seed)));

function kinds({ steps }: Scenario): string {
  return steps.map(({ step }) => step.kind).join(" ");
}

describe("shrink()", () => {
  const failing = scenarios.filter((scenario) => /apply.*tick.*instance-dies/.test(kinds(scenario)));

  it("leaves the steps that a breach needs, in their order, without waits and limits", async () => {
    expect(failing.length).toBeGreaterThan(0);
    for (const scenario of failing) {
      const cuts = await shrink(scenario, async (tried) => /apply.*tick.*instance-dies/.test(kinds(tried)));
      const small = applyCuts(scenario, cuts);
      expect(kinds(small)).toBe("apply tick instance-dies");
      expect(small.steps.map(({ after }) => after)).toEqual([0, 0, 0]);
      expect(small.steps.filter(({ step }) => isLimited(step))).toEqual([]);
    }
  });

  it("keeps the time that a breach needs, though what passed meanwhile is gone", async () => {
    const elapsed = ({ steps }: Scenario): number => steps.reduce((sum, { after }) => sum + after, 0);
    for (const scenario of failing) {
      const needed = elapsed(scenario);
      const cuts = await shrink(scenario, async (tried) => elapsed(tried) >= needed);
      expect(cuts).toHaveLength(1);
      expect(elapsed(applyCuts(scenario, cuts))).toBe(needed);
    }
  });

  it("tries no more than it is allowed to, and keeps everything where nothing smaller breaks", async () => {
    for (const scenario of scenarios) {
      let tries = 0;
      const cuts = await shrink(scenario, async () => (tries += 1) < 0, 7);
      expect(cuts).toEqual(uncut(scenario));
      expect(tries).toBeLessThanOrEqual(7);
    }
  });
});

describe("cuts on a command line", () => {
  it.each(scenarios.map((scenario, seed) => [seed, scenario] as const))("of seed %i are read back", (_, scenario) => {
    const cuts = uncut(scenario)
      .filter(({ index }) => index % 2 === 0)
      .map((cut, position) => ({ ...cut, after: position === 1 ? 123 : cut.after, unlimited: position === 0 }));
    expect(parseCuts(scenario, cutsText(scenario, cuts))).toEqual(cuts);
  });

  it.each(["", "99", "0,x", "0@", "-1"])("that are none are refused: %j", (text) => {
    for (const scenario of scenarios) expect(() => parseCuts(scenario, text)).toThrow(/expected steps/);
  });
});
