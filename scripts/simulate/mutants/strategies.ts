import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules of the ways of exchanging: stopping first, standing by, and canaries. */
export const strategyMutants: readonly Mutant[] = [
  ...inFile("src/reconciler/decide/strategy.ts", [
    // While one that left is still ending, one is short: that it is waited for is asked twice.
    [
      "stop-first: one leaves where one is short already",
      "if (fresh.length + stale.length < leastOf(record)) return draft;",
      "",
      "stop-first",
    ],
    [
      "stop-first: the next leaves before the last one's successor serves well",
      'if (fresh.some((replica) => !isServing(replica) || healthOf(replica, context) !== "well")) return draft;',
      "",
      "stop-first-of-the-ill",
    ],
    [
      "stop-first: the first successor is not baked",
      "if (fresh.length > 0 && currentDeployment(record).bakedAt === null) return draft;",
      "",
      "stop-first",
    ],
    [
      "stop-first: one leaves before all of them were looked at",
      'if (stale.some((replica) => isServing(replica) && healthOf(replica, context) === "unknown")) return draft;',
      "",
      "stop-first",
    ],
    [
      "stop-first: one leaves though another place can be had",
      'if (strategyOf(record) !== "stop-first" || !isFull(draft, context)) return draft;',
      'if (strategyOf(record) !== "stop-first") return draft;',
      "stop-first-with-room",
    ],
    ["blue-green: nothing stands by", "return context.now < until ? { until } : null;", "return null;", "blue-green"],
  ]),
  ...inFile("src/reconciler/decide/judge.ts", [
    [
      "canary: its requests are not looked at",
      "if (worse !== null) return goBack",
      "if (worse === undefined) return goBack",
      "failing-canaries",
    ],
  ]),
  ...inFile("src/reconciler/decide/compare-canary.ts", [
    [
      "canary: its errors are not looked at",
      "if (rate - usual > maxErrorRate)",
      "if (rate - usual > 2)",
      "failing-canaries",
    ],
    [
      "canary: its slowness is not looked at",
      "if (now.seconds > before.seconds * maxLatency &&",
      "if (now.seconds < 0 &&",
      "slow-canaries",
    ],
    [
      "canary: what fails on both sides is the new one's fault",
      "if (rate - usual > maxErrorRate)",
      "if (rate > maxErrorRate)",
      "canaries-of-what-fails-too",
    ],
  ]),
  ...inFile("src/reconciler/decide/canary.ts", [
    ["canary: a step's pause is not waited for", "if (context.now < until) return wake(draft, until);", "", "canaries"],
    [
      "canary: what died is watched on",
      "if (servingCanaries(draft).length < wantedCanaries(draft, canary))\n    return withCanary(draft, { ...canary, since: null });",
      "",
      "canaries",
    ],
    ["canary: a step stands before its replicas do", "well.length >= wantedCanaries(draft, canary) &&", "", "canaries"],
    [
      "canary: a step starts more than its replicas",
      "return canary === null ? Infinity : Math.min(desired, canary.replicas);",
      "return canary === null ? Infinity : desired;",
      "canaries",
    ],
    [
      "canary: nothing is kept to compare with",
      "return canary === null ? 0 : Math.max(1, desired - canary.replicas);",
      "return 0;",
      "canaries",
    ],
  ]),
];
