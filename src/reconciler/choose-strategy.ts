import type { Policy, Strategy } from "../config/settings.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Replacement } from "./accept.ts";
import { isAlive } from "./decide/draft.ts";
import { headroomOf } from "./decide/strategy.ts";
import type { Supply } from "./observed.ts";

/** How a revision takes the place of what runs, and why so. */
export interface Choice {
  readonly strategy: Strategy;
  readonly replacement: Replacement;
  /** Completes "surge: …". */
  readonly why: string;
}

export interface Exchange {
  readonly record: ServiceRecord | null;
  readonly replacement: Replacement;
  /** How many replicas the revision wants. */
  readonly wanted: number;
  readonly supply: Pick<Supply, "offers" | "taken" | "lack" | "refusal">;
  /** Whether it brings back what settled last, and has half been exchanged for something else. */
  readonly bringsBack: boolean;
  /** Why there is no money for what would be started beside what runs; `null`: there is, or none for the exchange at all. */
  readonly shortage: Shortage["why"] | null;
}

/** What the others of a plan leave no money for. */
export interface Shortage {
  /** Completes "stop-first (…)". */
  readonly why: string;
  /** $/hour of the others, once theirs is done. */
  readonly others: number;
}

/**
 * The policy's strategy, or by what room and what money there is beside what runs. To stop first is chosen only where the place that
 * becomes free is known to be of the right kind: a plan must not end what runs for something that cannot be had.
 */
export function chooseStrategy({ rollout }: Pick<Policy, "rollout">, exchange: Exchange): Choice {
  const { replacement } = exchange;
  const whole = replacement === "whole-run";
  switch (rollout.strategy) {
    case "auto":
      if (isTight(exchange)) return { strategy: "stop-first", replacement, why: tightness(exchange) };
      if (exchange.shortage !== null) return { strategy: "stop-first", replacement, why: exchange.shortage };
      return { strategy: "surge", replacement, why: "" };
    case "canary":
      if (whole)
        return { strategy: "surge", replacement, why: "the edit cannot be rolled, and so not in a canary's steps" };
      if (exchange.bringsBack)
        return { strategy: "surge", replacement, why: "it brings back what served before, which needs no canary" };
      return { strategy: "canary", replacement, why: "as the policy says" };
    case "blue-green":
      return { strategy: "blue-green", replacement: "whole-run", why: "as the policy says" };
    case "surge":
    case "stop-first":
      return { strategy: rollout.strategy, replacement, why: "as the policy says" };
  }
}

function isTight({ record, replacement, wanted, supply }: Exchange): boolean {
  const running = (record?.replicas ?? []).filter(isAlive);
  if (running.length === 0 || supply.refusal !== null || supply.lack !== null) return false;
  if (headroomOf(supply) >= (replacement === "whole-run" ? wanted : 1)) return false;
  const known = new Set([...supply.taken, ...supply.offers].map(({ backend }) => backend));
  return running.some(({ backend }) => known.has(backend));
}

function tightness({ supply, wanted, replacement }: Exchange): string {
  const room = headroomOf(supply);
  const names = [...new Set([...supply.taken, ...supply.offers].map(({ backend }) => backend))].join(", ");
  if (room === 0) return `${names} has no room for a second instance`;
  return `${names} has room for ${room} more, and ${replacement === "whole-run" ? wanted : 1} would be needed`;
}
