import { describe, expect, it } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRestart, acceptRevision } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { medianStart, usualStart } from "../../src/reconciler/decide/starts.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import {
  accepted,
  allWell,
  instanceOf,
  now,
  passing,
  policy,
  serving,
  settled,
  submitted,
} from "../support/decisions.ts";
import { healthProbe, revisionOf, specOf } from "../support/specs.ts";

/** A service whose only replica was asked for a minute ago, runs since 20 s and is seen ready now. */
function starting(overrides: Partial<ServiceRecord["replicas"][number]> = {}): ServiceRecord {
  const record = accepted(null, { replicas: { min: 1, max: 1 } });
  const replica = {
    ...serving(0, 0),
    submittedAt: toTimestamp(now - 60_000),
    runningAt: toTimestamp(now - 20_000),
    readyAt: null,
    ...overrides,
  };
  return { ...record, attempts: 1, replicas: [replica] };
}

function afterwards(record: ServiceRecord, startedAt = now - 20_000): ServiceRecord | null {
  const observed = allWell(record, {
    instances: new Map(record.replicas.map((replica) => [replica.token, instanceOf(replica, { startedAt })])),
    probes: new Map(record.replicas.map((replica) => [replica.token, [passing]])),
  });
  return decide(record, { observed, policy, now }).record;
}

describe("a replica that becomes ready", () => {
  it("leaves behind how long it took to run and to be ready", () => {
    expect(afterwards(starting())?.starts).toEqual([{ run: 40, ready: 20 }]);
  });

  it("leaves behind how much of it its probes took by themselves", () => {
    const record = starting();
    const [deployment] = record.deployments;
    const probes = [{ ...healthProbe, interval: 3, ready_after: 4 }];
    const deployments = deployment === undefined ? [] : [{ ...deployment, spec: { ...deployment.spec, probes } }];
    expect(afterwards({ ...record, deployments })?.starts).toEqual([{ run: 40, ready: 20, probing: 9 }]);
  });

  it("pushes out what lies five starts back", () => {
    const starts = [1, 2, 3, 4, 5].map((run) => ({ run, ready: 1 }));
    expect(afterwards({ ...starting(), starts })?.starts?.map(({ run }) => run)).toEqual([2, 3, 4, 5, 40]);
  });

  it.each([
    { name: "a further attempt after a failure", record: starting({ failures: 1 }), startedAt: now - 20_000 },
    { name: "a start that nobody watched", record: starting(), startedAt: now - 90_000 },
  ])("teaches nothing by $name", ({ record, startedAt }) => {
    expect(afterwards(record, startedAt)?.starts).toBeUndefined();
  });
});

describe("what is known of starts", () => {
  const starts = [{ run: 7, ready: 3 }];
  const acceptance = { by: "me", planId: "", now, generation: 4 };
  it.each([
    {
      name: "an edit",
      next: acceptRevision({ ...settled(), starts }, revisionOf(specOf()), "where-jobs-differ", acceptance),
    },
    { name: "a restart", next: acceptRestart({ ...settled(), starts }, acceptance) },
  ])("outlasts $name", ({ next }) => {
    expect(next.starts).toEqual(starts);
  });

  it.each([
    { starts: [], median: null },
    { starts: [{ run: 3, ready: 9 }], median: { run: 3, ready: 9 } },
    {
      starts: [
        { run: 1, ready: 4 },
        { run: 2, ready: 1 },
      ],
      median: { run: 1.5, ready: 2.5 },
    },
    {
      starts: [
        { run: 1, ready: 4 },
        { run: 900, ready: 5 },
        { run: 2, ready: 1 },
      ],
      median: { run: 2, ready: 4 },
    },
  ])("comes down to the medians of $starts", ({ starts: recorded, median }) => {
    expect(medianStart(recorded)).toEqual(median);
  });

  it("is what earlier ones took to answer, and what the probes at hand ask from there", () => {
    const spec = specOf({ probes: [{ ...healthProbe, interval: 10, ready_after: 3 }] });
    expect(usualStart([{ run: 5, ready: 8, probing: 6 }], spec)).toEqual({ run: 5, ready: 22, probing: 20 });
  });
});

describe("a replica that was announced and had to wait", () => {
  const ago = toTimestamp(now - 30_000);
  const record = accepted(settled({ replicas: { min: 1, max: 1 } }), {
    commands: ["new"],
    replicas: { min: 1, max: 1 },
  });
  const waiting = { ...record, replicas: [serving(0, 0), { ...submitted(1, 1), submittedAt: ago }] };

  it("counts as submitted from the call on", () => {
    const next = decide(waiting, { observed: allWell(waiting), policy, now }).record;
    expect(next?.replicas[1]?.submittedAt).toBe(toTimestamp(now));
  });

  it("keeps the time of the first call when it is called for again", () => {
    const observed = allWell(waiting, { outcomes: new Map([["web-3-2", { kind: "unknown", message: "timed out" }]]) });
    const next = decide(waiting, { observed, policy, now }).record;
    expect(next?.replicas[1]?.submittedAt).toBe(ago);
  });
});
