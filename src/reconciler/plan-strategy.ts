import type { CanaryStep, Policy } from "../config/settings.ts";
import type { Choice } from "./choose-strategy.ts";
import { canaryText } from "./decide/canary.ts";
import type { PlannedService, Reason } from "./plan-document.ts";
import type { Rehearsal } from "./rehearsal.ts";

/** The strategy's name in plans. */
export function shownStrategy({ strategy, replacement }: Choice): PlannedService["strategy"] {
  return strategy === "surge" && replacement === "whole-run" ? "beside" : strategy;
}

interface Scene {
  readonly policy: Policy;
  readonly wanted: number;
  readonly rehearsal: Rehearsal | null;
}

/** How the exchange goes, why so, and what it costs meanwhile. */
export function strategyReason(choice: Choice, scene: Scene): Reason {
  const name = shownStrategy(choice) ?? "";
  const why = choice.why === "" ? "" : ` (${choice.why})`;
  return { about: "strategy", text: `${name}${why}: ${course(choice, scene)}` };
}

function course({ strategy, replacement }: Choice, { policy, wanted, rehearsal }: Scene): string {
  const { rollout } = policy;
  const least = rehearsal === null ? "fewer" : `at least ${rehearsal.fewestServing} of ${wanted}`;
  switch (strategy) {
    case "surge":
      return replacement === "whole-run"
        ? "the edit cannot be rolled: a whole new run is started beside the old one and takes over at once when all of it is ready"
        : "one new replica at a time is started and must be ready before an old one leaves";
    case "stop-first":
      return replacement === "whole-run"
        ? `the edit cannot be rolled, and there is no room for a whole new run: one old replica at a time makes room for a new one, and the new run takes over once it serves as much as is left of the old one; ${least} serve meanwhile`
        : `an old replica leaves before its successor is started, one at a time; ${least} serve meanwhile`;
    case "blue-green":
      return `all new replicas are started beside the old ones and take over at once when all are ready; the old ones stand by for ${rollout.hold} s`;
    case "canary":
      return `${rollout.canary.steps.map(stepText).join(", then ")}, then the rest one at a time; judged by probes, and by errors and durations of requests as far as the gateway counts them`;
  }
}

function stepText(step: CanaryStep): string {
  return `${canaryText(step)} for ${step.pause} s`;
}
