import { price } from "../budget.ts";
import { all, command, happens, merges, revisions, rules, runs, tick, trouble, world } from "../lead.ts";
import type { Lead } from "../lead.ts";
import { between, pick } from "../random.ts";
import type { Random } from "../random.ts";
import { calmRun } from "../run.ts";

const steady = revisions((revision, random) => ({
  ...revision,
  behaviour: "healthy",
  replicas: between(random, 2, 3),
  probes: 1,
  scales: false,
  everyMinutes: null,
  maxDuration: null,
  secret: false,
}));

const empties = (random: Random) =>
  trouble(between(random, 8_000, 20_000), between(random, 4, 40), { empties: pick(random, [1, 0.6]), chokes: 1 });

/** Limits that hold for all services together, with all of them at them. */
export const limitSituations = {
  /** Providers that list nothing of what runs and is said to be ill, and passes over several services at once. */
  "empty-listings": all(
    world({ dedupes: true, capacity: null, hourly: null }),
    rules({ strategy: "surge" }),
    steady,
    // With more that are wanted, more may be given up.
    revisions((revision) => ({ ...revision, replicas: revision.service === "api" ? 3 : 2 })),
    runs(() => calmRun),
    merges({
      after: (random) => [
        empties(random),
        tick(100),
        tick(between(random, 500, 4_000)),
        tick(between(random, 30_000, 60_000)),
      ],
    }),
  ),
  /** Less money than is wanted, and several services that want it at the same time. */
  "short-of-money": all(
    (drawn, random) => ({ ...drawn, hourly: between(random, 3, 6) * price, capacity: null }),
    steady,
    merges({
      after: (random) => [
        command(between(random, 5_000, 20_000), "restart", pick(random, ["web", "api", "jobs"])),
        tick(0),
        tick(1),
      ],
    }),
  ),
  /** Replicas that die while others are exchanged, with no money to spare. */
  "short-of-money-while-they-die": all(
    (drawn, random) => ({ ...drawn, hourly: between(random, 3, 6) * price, capacity: null }),
    steady,
    merges({
      after: (random) =>
        Array.from({ length: 3 }, () =>
          happens(between(random, 0, 20_000), {
            kind: "instance-dies",
            how: pick(random, ["exits", "preempted"]),
            which: between(random, 0, 5),
          }),
        ).flatMap((dies) => [dies, tick(0), tick(0)]),
    }),
  ),
  /** Fewer places than are wanted, whether providers say so or not. */
  "short-of-places": all(
    (drawn, random) => ({
      ...drawn,
      hourly: null,
      capacity: { instances: between(random, 2, 5), told: random() < 0.3 },
    }),
    steady,
    runs((run) => ({ ...run, dies: null })),
    merges({ after: (random) => [tick(between(random, 20_000, 60_000)), tick(between(random, 20_000, 60_000))] }),
  ),
} satisfies Readonly<Record<string, Lead>>;
