import { all, happens, merges, revisions, rules, tick, trouble, world } from "../lead.ts";
import type { Lead } from "../lead.ts";
import { between } from "../random.ts";

/** Services that follow the load, or the time of day. */
export const paceSituations = {
  windows: all(
    world({ capacity: null, hourly: null }),
    rules({ strategy: "surge" }),
    revisions((revision) => ({
      ...revision,
      everyMinutes: 3,
      maxDuration: 80,
      behaviour: "healthy",
      replicas: Math.max(1, revision.replicas),
    })),
    merges({
      after: (random) => [
        tick(between(random, 5_000, 100_000)),
        tick(between(random, 5_000, 100_000)),
        tick(between(random, 5_000, 100_000)),
      ],
    }),
  ),
  loads: all(
    world({ capacity: null, hourly: null }),
    rules({ strategy: "surge" }),
    revisions((revision) => ({ ...revision, scales: true, behaviour: "healthy" })),
    merges({
      after: (random) => [
        tick(between(random, 5_000, 100_000)),
        trouble(between(random, 500, 20_000), 30, { mute: 0.7 }),
        tick(between(random, 500, 20_000)),
        happens(between(random, 500, 20_000), { kind: "gateway-down", seconds: between(random, 2, 20) }),
        tick(between(random, 500, 20_000)),
      ],
    }),
  ),
} satisfies Readonly<Record<string, Lead>>;
