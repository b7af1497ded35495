import { all, merges, oneHost, revisions, runs, tick, trouble, world } from "../lead.ts";
import type { Lead } from "../lead.ts";
import { between } from "../random.ts";
import type { Random } from "../random.ts";

const calls = { dedupes: false } as const;
const wellBehaved = revisions((revision) => ({ ...revision, behaviour: "healthy" }));
const dies = (random: Random, most: number) => ({ dies: between(random, 4, most) });

/** Calls whose end is not known, and listings that do not tell. */
export const callSituations = {
  /** Calls whose end nobody hears of, and listings that lag behind. */
  "calls-without-answer": all(
    world(calls),
    merges({
      before: () => [trouble(0, 60, { forgets: 0.5, hangs: 0.3 })],
      after: (random) => [tick(between(random, 500, 20_000)), tick(between(random, 500, 40_000))],
    }),
  ),
  /** The provider makes what it is asked for, says nothing, and lists nothing for longer than a call may take. */
  "calls-in-the-dark": all(
    world(calls),
    merges({
      before: () => [trouble(0, 20, { forgets: 0.7 })],
      after: (random) => [trouble(between(random, 100, 2_000), 120, { blinds: 1 }), tick(75_000), tick(10_000)],
    }),
  ),
  /** A process dies while its calls take long. */
  "slow-calls": all(
    world(calls),
    oneHost(),
    runs((run, random) => ({ ...run, ...dies(random, 30) })),
    merges({
      before: () => [trouble(0, 40, { hangs: 0.8 })],
      after: (random) => [tick(between(random, 3_000, 25_000)), tick(between(random, 500, 10_000))],
    }),
  ),
  /** Whoever let go of something dies, and whoever comes next sees no listing. */
  "blind-drains": all(
    oneHost(),
    wellBehaved,
    runs((run, random) => ({ ...run, ...dies(random, 60), freezes: null })),
    merges({
      after: (random) => [
        tick(between(random, 8_000, 30_000), dies(random, 40)),
        trouble(between(random, 1_000, 8_000), 40, { blinds: 1 }),
        tick(100),
        tick(between(random, 5_000, 20_000)),
      ],
    }),
  ),
} satisfies Readonly<Record<string, Lead>>;
