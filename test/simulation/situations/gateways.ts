import { all, happens, merges, revisions, rules, tick, trouble } from "../lead.ts";
import type { Lead } from "../lead.ts";
import { between, pick } from "../random.ts";

const wellBehaved = revisions((revision) => ({ ...revision, behaviour: "healthy" }));

/** Gateways that do not hear, and that count anew. */
export const gatewaySituations = {
  /** Publications do not reach the gateway while replicas leave. */
  "deaf-gateway": all(
    wellBehaved,
    merges({
      after: (random) => [
        trouble(between(random, 500, 9_000), between(random, 10, 60), { deaf: pick(random, [1, 0.6]) }),
        tick(between(random, 4_000, 20_000)),
      ],
    }),
  ),
  /** The same, and what leaves is given no time. */
  "deaf-gateway-without-drain": all(
    rules({ rollout: { drain: 0 } }),
    wellBehaved,
    merges({
      after: (random) => [
        trouble(between(random, 500, 9_000), between(random, 10, 60), { deaf: pick(random, [1, 0.6]) }),
        tick(between(random, 4_000, 20_000)),
      ],
    }),
  ),
  /** A gateway begins to count anew. */
  "gateway-restarts": all(
    revisions((revision) => ({
      ...revision,
      behaviour: "healthy",
      scales: true,
      replicas: Math.min(2, revision.replicas),
    })),
    merges({
      after: (random) => [
        tick(between(random, 30_000, 90_000)),
        happens(between(random, 5_000, 50_000), { kind: "gateway-down", seconds: between(random, 1, 4) }),
        tick(between(random, 1_000, 15_000)),
      ],
    }),
  ),
} satisfies Readonly<Record<string, Lead>>;
