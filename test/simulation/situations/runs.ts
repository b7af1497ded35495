import { all, calmly, command, happens, merges, oneHost, revisions, runs, tick, world } from "../lead.ts";
import type { Lead, Timed } from "../lead.ts";
import { between, pick } from "../random.ts";
import type { Random } from "../random.ts";
import { mostAhead } from "../run.ts";

function forgets(random: Random): readonly Timed[] {
  const commits = pick(random, [null, between(random, 1, 8)]);
  return [
    happens(between(random, 15_000, 60_000), { kind: "branch-rewound", commits, seconds: between(random, 20, 120) }),
  ];
}

/** Runs that stand still, come too late, or find the branch gone. */
export const runSituations = {
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
  /** The branch loses commits under runs that remember nothing of it: only what runs tells them. */
  "branch-forgotten": all(
    world({ hosts: "many" }),
    calmly(),
    runs((run) => ({ ...run, dies: null, freezes: null, secrets: true })),
    revisions((revision) => ({ ...revision, behaviour: "healthy" })),
    merges({
      before: (random) => [
        ...forgets(random),
        command(between(random, 500, 8_000), pick(random, ["restart", "destroy", "rollback"]), "web"),
      ],
      after: (random) => [...forgets(random), tick(between(random, 500, 8_000)), tick(between(random, 500, 90_000))],
    }),
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
  /** A process stands still between its announcement and its calls, for longer than its lease. */
  "late-calls": all(
    runs((run, random) => ({
      ...run,
      dies: null,
      freezes: { effect: between(random, 4, 16), seconds: between(random, 66, 150) },
    })),
    merges({ after: (random) => [tick(between(random, 62_000, 90_000)), tick(between(random, 100, 30_000))] }),
  ),
} satisfies Readonly<Record<string, Lead>>;
