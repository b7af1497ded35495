import { defaultPolicy } from "../../src/config/settings.ts";
import type { CanaryStep, Policy, RolloutPolicy } from "../../src/config/settings.ts";
import { policy } from "./program.ts";
import { pick } from "./random.ts";
import type { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";

/** What the settings of a scenario say: plain data. */
export interface Rules {
  readonly strategy: RolloutPolicy["strategy"];
  readonly canarySteps: readonly CanaryStep[];
  /** What a situation sets besides (`situations.ts`). */
  readonly rollout?: Partial<RolloutPolicy>;
}

const strategies = ["auto", "auto", "surge", "stop-first", "blue-green", "canary", "canary"] as const;

const canaries: readonly (readonly CanaryStep[])[] = [
  [{ replicas: 1, share: null, pause: 20 }],
  [{ replicas: null, share: 0.3, pause: 20 }],
];

export function drawRules(random: Random): Rules {
  return { strategy: pick(random, strategies), canarySteps: pick(random, canaries) };
}

/** For how many seconds the run that was replaced as a whole stands by. */
export const hold = 20;

/** The policy of a scenario, with waits that end within it. */
export function policyOf({
  rules: { strategy, canarySteps, rollout },
  hourly,
}: Pick<Scenario, "rules" | "hourly">): Policy {
  return {
    ...policy,
    budget: { ...policy.budget, hourly },
    rollout: {
      ...policy.rollout,
      strategy,
      deadline: 120,
      hold: strategy === "blue-green" ? hold : 0,
      canary: { ...defaultPolicy.rollout.canary, steps: canarySteps },
      ...rollout,
    },
  };
}
