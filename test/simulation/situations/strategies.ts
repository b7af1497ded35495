import { all, happens, merges, revisions, rules, runs, tick, world } from "../lead.ts";
import type { Lead } from "../lead.ts";
import { between, pick } from "../random.ts";
import { calmRun } from "../run.ts";

const several = revisions((revision, random) => ({
  ...revision,
  replicas: between(random, 2, 4),
  probes: 1,
  stripPrefix: true,
  scales: false,
  everyMinutes: null,
  maxDuration: null,
  secret: false,
}));
const healthy = revisions((revision) => ({ ...revision, behaviour: "healthy" }));
const sickening = revisions((revision, random) => ({ ...revision, behaviour: random() < 0.5 ? "healthy" : "sickens" }));

/** As many instances as the largest commit wants: no second one can be had beside them. */
const full: Lead = (drawn) => {
  const wanted = drawn.steps.map(({ step }) =>
    step.kind === "apply" ? step.files.reduce((sum, { replicas }) => sum + replicas, 0) : 0,
  );
  return { ...drawn, capacity: { instances: Math.max(1, ...wanted), told: true } };
};

/** Each way of exchanging, with what it must wait for. */
export const strategySituations = {
  "stop-first": all(
    world({ hourly: null }),
    several,
    revisions((revision) => ({ ...revision, service: revision.service, replicas: 3 })),
    full,
    rules({ strategy: "stop-first" }),
    merges({ after: (random) => [tick(between(random, 500, 30_000)), tick(between(random, 500, 30_000))] }),
  ),
  /** Successors fall ill while the next old one is to leave. */
  "stop-first-of-the-ill": all(
    world({ hourly: null }),
    several,
    sickening,
    revisions((revision) => ({ ...revision, replicas: 3 })),
    full,
    rules({ strategy: "stop-first", rollout: { failureThreshold: 8, bake: 1 } }),
    runs((run) => ({ ...run, dies: null })),
  ),
  "stop-first-with-room": all(
    world({ hourly: null, capacity: null }),
    several,
    healthy,
    rules({ strategy: "stop-first" }),
    runs(() => calmRun),
  ),
  "blue-green": all(
    world({ hourly: null, capacity: null }),
    several,
    rules({ strategy: "blue-green" }),
    merges({ after: (random) => [tick(between(random, 5_000, 30_000)), tick(between(random, 500, 15_000))] }),
  ),
  canaries: all(
    world({ hourly: null, capacity: null }),
    several,
    healthy,
    rules({ strategy: "canary" }),
    merges({
      after: (random) => [
        tick(between(random, 3_000, 30_000)),
        happens(0, { kind: "instance-dies", how: pick(random, ["exits", "preempted"]), which: between(random, 0, 5) }),
        tick(between(random, 500, 25_000)),
      ],
    }),
  ),
  "failing-canaries": all(
    world({ hourly: null, capacity: null }),
    several,
    revisions((revision) => ({ ...revision, behaviour: revision.number % 2 === 0 ? "healthy" : "fails-requests" })),
    rules({ strategy: "canary" }),
  ),
  "canaries-of-what-fails-too": all(
    world({ hourly: null, capacity: null }),
    several,
    revisions((revision) => ({ ...revision, behaviour: "fails-requests" })),
    rules({ strategy: "canary" }),
  ),
  "slow-canaries": all(
    world({ hourly: null, capacity: null }),
    several,
    revisions((revision) => ({ ...revision, behaviour: revision.number % 2 === 0 ? "healthy" : "slow-requests" })),
    rules({ strategy: "canary" }),
  ),
} satisfies Readonly<Record<string, Lead>>;
