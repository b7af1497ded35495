import { all, happens, merges, revisions, rules, runs, tick, trouble, world } from "../lead.ts";
import type { Lead } from "../lead.ts";
import { between, pick } from "../random.ts";
import type { Random } from "../random.ts";
import type { Revision } from "../revision.ts";
import { calmRun } from "../run.ts";

/** A service that no edit exchanges, and that ends by itself for as long as it is started. */
function endsAgain(revision: Revision, random: Random): Revision {
  return {
    ...revision,
    number: 0,
    behaviour: "crashes-later",
    replicas: between(random, 1, 3),
    probes: 1,
    stripPrefix: true,
    everyMinutes: null,
    maxDuration: null,
    secret: false,
  };
}

/** What has to be healed, and what must not be yet. */
export const healingSituations = {
  "silent-hosts": merges({
    after: (random) => [
      happens(between(random, 8_000, 20_000), {
        kind: "host-unreachable",
        which: between(random, 0, 5),
        seconds: between(random, 20, 120),
      }),
      tick(between(random, 500, 5_000)),
      tick(between(random, 500, 30_000)),
    ],
  }),
  /** What a rollout has just started is gone, and the provider takes its time to show it. */
  "vanishes-soon": all(
    world({ dedupes: false, capacity: null, hourly: null }),
    rules({ strategy: "surge" }),
    revisions((revision) => ({ ...revision, behaviour: "healthy", replicas: 4, probes: 1, readyAfter: 1 })),
    merges({
      after: (random) =>
        [0, 1, 2].map((which) =>
          happens(between(random, 1_500, 5_000), { kind: "instance-dies", how: "vanishes", which: 3 + which }),
        ),
    }),
  ),
  /** Of several of which listings show nothing some are truly gone, and the others fail a probe now and then. */
  "gone-or-not-listed": all(
    world({ dedupes: true, capacity: null, hourly: null }),
    rules({ strategy: "surge" }),
    revisions((revision) => ({ ...revision, behaviour: "healthy", replicas: 3, readyAfter: 1, everyMinutes: null })),
    runs(() => calmRun),
    merges({
      after: (random) => [
        trouble(between(random, 8_000, 20_000), between(random, 10, 40), {
          empties: pick(random, [1, 0.6]),
          flaps: 0.3,
        }),
        tick(0),
        happens(between(random, 0, 5_000), { kind: "instance-dies", how: "vanishes", which: between(random, 0, 5) }),
        tick(between(random, 500, 20_000)),
      ],
    }),
  ),
  /** What has settled ends again and again. */
  "ends-again": all(
    world({ capacity: null, hourly: null }),
    revisions(endsAgain),
    merges({ after: (random) => [tick(between(random, 20_000, 60_000)), tick(between(random, 20_000, 60_000))] }),
  ),
  /** The same, and its service says how long it is tried again, and after what. */
  "ends-again-with-retry": all(
    world({ capacity: null, hourly: null }),
    revisions((revision, random) => ({
      ...endsAgain(revision, random),
      retry: pick(random, [
        { events: ["error"], seconds: 40 },
        { events: ["interruption"], seconds: 600 },
      ] as const),
    })),
    merges({
      after: (random) => [
        happens(between(random, 8_000, 20_000), {
          kind: "instance-dies",
          how: "preempted",
          which: between(random, 0, 5),
        }),
        tick(between(random, 20_000, 60_000)),
        tick(between(random, 20_000, 60_000)),
      ],
    }),
  ),
  /** A slow start that nobody saw to its end. */
  "left-half-way": all(
    rules({ strategy: "surge" }),
    revisions((revision) => ({ ...revision, behaviour: "slow", replicas: 4, probes: 1 })),
    runs((run, random) => ({ ...run, freezes: null, dies: between(random, 12, 60) })),
    merges({ after: (random) => [tick(between(random, 34_000, 70_000))] }),
  ),
} satisfies Readonly<Record<string, Lead>>;
