import { all, happens, merges, revisions, rules, tick } from "../lead.ts";
import type { Lead } from "../lead.ts";
import { between } from "../random.ts";
import type { Revision } from "../revision.ts";

/** All edits leave the job as it is. */
function slow(revision: Revision): Revision {
  return {
    ...revision,
    number: 0,
    behaviour: "slow",
    probes: 1,
    readyAfter: 1,
    stripPrefix: true,
    secret: false,
    scales: false,
  };
}

/** Revisions that turn bad at the wrong moment. */
export const rolloutSituations = {
  /** A route changes for a revision that falls ill at once. */
  "sick-runs": all(
    rules({ rollout: { failureThreshold: 6 } }),
    revisions((revision, random) => ({
      ...revision,
      stripPrefix: revision.number % 2 === 0,
      behaviour: random() < 0.6 ? "sickens" : "healthy",
      replicas: Math.max(2, revision.replicas),
      probes: 1,
    })),
  ),
  /** One new replica falls ill while the next comes. */
  "sick-successors": all(
    rules({ strategy: "surge", rollout: { failureThreshold: 6 } }),
    revisions((revision) => ({
      ...revision,
      stripPrefix: true,
      behaviour: revision.number % 2 === 0 ? "healthy" : "sickens",
      replicas: Math.max(2, revision.replicas),
      probes: 1,
    })),
  ),
  /** Fewer replicas are wanted while some of them have not come up yet. */
  "shrinks-while-it-starts": all(
    revisions((revision, random) => ({ ...slow(revision), replicas: between(random, 1, 5) })),
    rules({ strategy: "surge" }),
    merges({ after: (random) => [tick(between(random, 1_000, 9_000))] }),
  ),
  /** Fewer replicas are wanted while the host of some does not answer. */
  "shrinks-while-cut-off": all(
    revisions((revision, random) => ({ ...slow(revision), behaviour: "healthy", replicas: between(random, 1, 5) })),
    rules({ strategy: "surge" }),
    merges({
      before: (random) =>
        Array.from({ length: 2 }, () =>
          happens(0, { kind: "host-unreachable", which: between(random, 0, 5), seconds: 40 }),
        ),
    }),
  ),
  /** What settled falls ill, and then an edit leaves its job as it was. */
  "edits-of-what-is-ill": revisions((revision, random) => ({
    ...slow(revision),
    behaviour: "sickens",
    replicas: between(random, 1, 3),
  })),
  /** Revisions that fall ill while they are baked. */
  "sick-bakes": all(
    rules({ strategy: "surge", rollout: { bake: 4, failureThreshold: 6 } }),
    revisions((revision, random) => ({
      ...revision,
      behaviour: random() < 0.6 ? "sickens" : "healthy",
      replicas: Math.max(1, revision.replicas),
      probes: 1,
    })),
  ),
} satisfies Readonly<Record<string, Lead>>;
