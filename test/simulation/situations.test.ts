import { describe, expect, it } from "vitest";

import { seeded } from "./random.ts";
import { drawScenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { isSituation, scenarioOf, situationNames } from "./situations.ts";

describe("situations", () => {
  it.each(situationNames)("%s: nothing is broken in it", async (situation) => {
    for (const seed of [1, 2]) {
      const { broken, timeline } = await simulate(seed, scenarioOf(seed, situation));
      expect(broken, `seed ${seed}\n${timeline.join("\n")}`).toBeNull();
    }
  });

  it.each(situationNames)("%s leads every seed elsewhere, and is plain data that the seed determines", (situation) => {
    for (const seed of [1, 2, 3]) {
      const scenario = scenarioOf(seed, situation);
      expect(scenario).toEqual(scenarioOf(seed, situation));
      expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
      expect(scenario).not.toEqual(scenarioOf(seed));
    }
  });

  it("leave what seeds draw as it is, and are known by their names", () => {
    expect(scenarioOf(7)).toEqual(drawScenario(seeded(7)));
    expect(situationNames.every(isSituation)).toBe(true);
    expect(isSituation("constructor")).toBe(false);
  });

  it("gives later commits what they leave as it was", () => {
    const files = scenarioOf(3, "sick-runs").steps.flatMap(({ step }) => (step.kind === "apply" ? step.files : []));
    const byEdit = Map.groupBy(files, ({ service, number }) => `${service} ${number}`);
    expect([...byEdit.values()].some((same) => same.length > 1)).toBe(true);
  });
});
