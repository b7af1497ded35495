import { all, command, happens, merges, oneHost, revisions, rules, runs, tick, trouble, world } from "./lead.ts";
import type { Lead } from "./lead.ts";
import { between, pick, seeded } from "./random.ts";
import type { Random } from "./random.ts";
import { mostAhead } from "./run.ts";
import { drawScenario } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const calls = { dedupes: false } as const;
const wellBehaved = revisions((revision) => ({ ...revision, behaviour: "healthy" }));
const dies = (random: Random, most: number) => ({ dies: between(random, 4, most) });

/** Where two rare things must come together, every seed can be led there: by name, so that a command line can say it. */
const situations = {
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
  /** A process stands still between its look at the state and what it does about it, while others go on. */
  "standing-still": merges({
    before: (random) => [tick(0, { freezes: { effect: between(random, 1, 5), seconds: between(random, 3, 40) } })],
    after: (random) => [
      tick(between(random, 50, 5_000), { freezes: { effect: between(random, 1, 5), seconds: between(random, 3, 40) } }),
    ],
  }),
  /** Leases of those that stand still come to their end, and clocks differ. */
  "clocks-apart": all(
    world({ hosts: "many" }),
    runs((run, random) => ({
      ...run,
      ahead: -mostAhead,
      dies: null,
      freezes: { effect: between(random, 4, 40), seconds: 100 },
    })),
    merges({
      after: (random) =>
        Array.from({ length: 6 }, (_, index) =>
          tick(index === 0 ? between(random, 48_000, 54_000) : 2_000, { ahead: mostAhead }),
        ),
    }),
  ),
  /** The state branch is deleted under runs of every kind. */
  "branch-deleted": all(
    oneHost(),
    merges({
      before: (random) => [happens(0, { kind: "branch-rewound", commits: null, seconds: between(random, 5, 60) })],
      after: (random) => [tick(between(random, 10_000, 60_000))],
    }),
  ),
  /** A route changes for a revision that falls ill at once. */
  "sick-runs": revisions((revision, random) => ({
    ...revision,
    stripPrefix: revision.number % 2 === 0,
    behaviour: random() < 0.6 ? "sickens" : "healthy",
    replicas: Math.max(2, revision.replicas),
    probes: 1,
  })),
  /** Revisions that fall ill while they are baked. */
  "sick-bakes": all(
    rules({ strategy: "surge", rollout: { bake: 4 } }),
    revisions((revision, random) => ({
      ...revision,
      behaviour: random() < 0.6 ? "sickens" : "healthy",
      replicas: Math.max(1, revision.replicas),
      probes: 1,
    })),
  ),
  /** A service is paused while something of it dies. */
  paused: merges({
    after: (random) => [
      command(between(random, 100, 60_000), "pause", "web"),
      ...Array.from({ length: 3 }, () =>
        happens(0, {
          kind: "instance-dies",
          how: pick(random, ["exits", "preempted", "vanishes"]),
          which: between(random, 0, 5),
        }),
      ),
      tick(between(random, 500, 5_000)),
      command(10_000, "resume", "web"),
    ],
  }),
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
