import type { Lead } from "./lead.ts";
import { seeded } from "./random.ts";
import { drawScenario } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";
import { callSituations } from "./situations/calls.ts";
import { gatewaySituations } from "./situations/gateways.ts";
import { healingSituations } from "./situations/healing.ts";
import { limitSituations } from "./situations/limits.ts";
import { paceSituations } from "./situations/paces.ts";
import { rolloutSituations } from "./situations/rollouts.ts";
import { runSituations } from "./situations/runs.ts";
import { strategySituations } from "./situations/strategies.ts";

/** Where two rare things must come together, every seed can be led there: by name, so that a command line can say it. */
const situations = {
  ...callSituations,
  ...gatewaySituations,
  ...healingSituations,
  ...limitSituations,
  ...paceSituations,
  ...rolloutSituations,
  ...runSituations,
  ...strategySituations,
} satisfies Readonly<Record<string, Lead>>;

export type Situation = keyof typeof situations;

export const situationNames: readonly Situation[] = Object.keys(situations).filter(isSituation);

export function isSituation(name: string): name is Situation {
  return Object.hasOwn(situations, name);
}

/** What a seed draws, led into a situation where one is named. */
export function scenarioOf(seed: number, situation?: Situation): Scenario {
  const drawn = drawScenario(seeded(seed));
  return situation === undefined ? drawn : situations[situation](drawn, seeded(seed ^ 0x1ead));
}
