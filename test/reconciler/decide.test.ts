import { describe, expect, it } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRemoval, acceptRestart } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import { rehearse } from "../../src/reconciler/rehearse.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import {
  accepted,
  allWell,
  failing,
  fresh,
  instanceOf,
  now,
  offer,
  passing,
  policy,
  serving,
  settled,
  submitted,
} from "../support/decisions.ts";

describe("a rollout in which everything works", () => {
  const restart = acceptRestart(settled(), { by: "me", planId: "", now, generation: 4 });
  it.each<{ name: string; record: ServiceRecord; peak: number; fewest: number; steps: string }>([
    {
      name: "create",
      record: accepted(null),
      peak: 2,
      fewest: 0,
      steps: "start 0/0, start 1/0, ready 0/0, ready 1/0, settled 0",
    },
    {
      name: "rolling",
      record: accepted(settled(), { commands: ["new"] }),
      peak: 3,
      fewest: 2,
      steps: "start 2/1, ready 2/1, drain 1/0, gone 1/0, start 1/1, ready 1/1, drain 0/0, gone 0/0, settled 1",
    },
    {
      name: "restart of every replica",
      record: restart,
      peak: 3,
      fewest: 2,
      steps: "start 2/1, ready 2/1, drain 1/0, gone 1/0, start 1/1, ready 1/1, drain 0/0, gone 0/0, settled 1",
    },
    {
      name: "a whole run beside the old one",
      record: accepted(settled(), { auth: true }, "whole-run"),
      peak: 4,
      fewest: 2,
      steps: "start 2/1, start 3/1, ready 2/1, ready 3/1, route, drain 0/0, drain 1/0, gone 0/0, gone 1/0, settled 1",
    },
    {
      name: "scale up",
      record: accepted(settled(), { replicas: { min: 3, max: 3 } }),
      peak: 3,
      fewest: 2,
      steps: "start 2/1, ready 2/1, settled 1",
    },
    {
      name: "scale down",
      record: accepted(settled(), { replicas: { min: 1, max: 1 } }),
      peak: 2,
      fewest: 1,
      steps: "drain 1/1, gone 1/1, settled 1",
    },
    {
      name: "scale to nothing",
      record: accepted(settled(), { replicas: { min: 0, max: 0 } }),
      peak: 2,
      fewest: 0,
      steps: "drain 1/1, drain 0/1, gone 0/1, gone 1/1, settled 1",
    },
    {
      name: "an edit that no replica notices",
      record: accepted(settled(), { priority: 5 }),
      peak: 2,
      fewest: 2,
      steps: "settled 1",
    },
    {
      name: "removal",
      record: acceptRemoval(settled()),
      peak: 2,
      fewest: 0,
      steps: "drain 0/0, drain 1/0, gone 0/0, gone 1/0",
    },
  ])("$name", ({ record, peak, fewest, steps }) => {
    const rehearsal = rehearse(record, { policy, now, offers: [offer] });
    expect({ peak: rehearsal.peak, fewest: rehearsal.fewestServing, steps: stepsOf(rehearsal.timeline) }).toEqual({
      peak,
      fewest,
      steps,
    });
  });
});

function stepsOf(timeline: ReturnType<typeof rehearse>["timeline"]): string {
  const words: Partial<Record<string, string>> = {
    provision: "start",
    ready: "ready",
    drain: "drain",
    terminate: "gone",
    route: "route",
    record: "settled",
  };
  return timeline
    .flatMap(({ event, replica, deployment }) =>
      words[event] === undefined
        ? []
        : [`${words[event]} ${replica === null ? (deployment ?? "") : `${replica}/${deployment}`}`.trim()],
    )
    .join(", ");
}

/** One decision, in short: state, what is asked for, and what is retired. */
function decided(record: ServiceRecord, observed: Observed, at = now) {
  const decision = decide(record, { observed, policy, now: at });
  return {
    state: decision.state,
    actions: decision.actions.map((action) => `${action.kind} ${action.replica.num}/${action.replica.deployment}`),
    replicas: (decision.record?.replicas ?? []).map(
      (replica) => `${replica.num}/${replica.deployment} ${replica.status}`,
    ),
    current: decision.record?.current,
    verdict: decision.record?.verdict?.code ?? null,
    decision,
  };
}

describe("what is not seen is not judged", () => {
  it("nothing is changed while a backend that holds replicas is blind", () => {
    const record = accepted(settled(), { commands: ["new"] });
    const observed = allWell(record, { instances: new Map(), blind: new Map([["local", "timed out"]]) });
    expect(decided(record, observed)).toMatchObject({
      state: "waiting",
      actions: [],
      replicas: ["0/0 running", "1/0 running"],
    });
  });

  it("replicas of another host are neither gone nor replaced", () => {
    const record = settled();
    const instances = new Map(
      record.replicas.map((replica) => [replica.token, instanceOf(replica, { status: "unobservable" })]),
    );
    expect(decided(record, allWell(record, { instances }))).toMatchObject({
      actions: [],
      replicas: ["0/0 running", "1/0 running"],
    });
  });

  it("a replica that a listing does not have to show yet is not gone", () => {
    const record = settled();
    const observed = allWell(record, { instances: new Map(), visibility: new Map([["local", 3_700_000]]) });
    expect(decided(record, observed).replicas).toEqual(["0/0 running", "1/0 running"]);
  });

  it("a replica that a host with a slower clock saw begin to run is not gone before listings must show it", () => {
    const [first, second] = settled().replicas;
    if (first === undefined || second === undefined) throw new Error("expected two replicas");
    const record = { ...settled(), replicas: [first, { ...second, runningAt: new Date(now - 6_000).toISOString() }] };
    const instances = new Map([...allWell(record).instances].filter(([token]) => token !== second.token));
    const observed = allWell(record, { instances, visibility: new Map([["local", 5_000]]) });
    expect(decided(record, observed).replicas).toEqual(["0/0 running", "1/0 running"]);
    const later = decided(record, observed, now + 10_000);
    expect(later.replicas).not.toContain("1/0 running");
  });

  const third = { num: 2, deployment: 1 } as const;
  const rolling = (): ServiceRecord => {
    const record = accepted(settled(), { commands: ["new"] });
    return { ...record, replicas: [...record.replicas, fresh(third.num, third.deployment)] };
  };

  it.each([
    { name: "that its provider does not list", failures: 100, listed: false, visibility: 60_000, quarantined: false },
    {
      name: "listed as it was before it can have been lost",
      failures: 3,
      listed: true,
      visibility: 60_000,
      quarantined: false,
    },
    { name: "listed since it fails", failures: 100, listed: true, visibility: 60_000, quarantined: true },
    { name: "listed at once", failures: 3, listed: true, visibility: 0, quarantined: true },
  ])(
    "a revision is judged by a failing replica $name: $quarantined",
    ({ failures, listed, visibility, quarantined }) => {
      const record = rolling();
      const well = allWell(record, { visibility: new Map([["local", visibility]]) });
      const bad = record.replicas[2];
      if (bad === undefined) throw new Error("expected a new replica");
      const instances = new Map([...well.instances].filter(([token]) => listed || token !== bad.token));
      const probes = new Map([...well.probes, [bad.token, [failing(failures)]]]);
      const decision = decide(record, { observed: { ...well, instances, probes }, policy, now });
      expect(decision.record?.verdict?.code === "unhealthy").toBe(quarantined);
    },
  );

  it.each([
    { callsLast: 60_000, after: 1_000, kept: true },
    { callsLast: 60_000, after: 60_000, kept: false },
    { callsLast: undefined, after: 1_000, kept: false },
  ])("what was asked for and never seen is there as long as its call may last: $callsLast, $after", (row) => {
    const [first] = settled().replicas;
    if (first === undefined) throw new Error("expected a replica");
    const at = toTimestamp(now);
    const termination = { reason: "superseded", since: at, drainUntil: at } as const;
    const asked = { ...submitted(1, 0), status: "terminating", termination } as const;
    const record = { ...settled(), replicas: [first, asked] };
    const lasting = row.callsLast === undefined ? {} : { callsLast: new Map([["local", row.callsLast]]) };
    const observed = allWell(record, lasting);
    const tokens = decide(record, { observed, policy, now: now + row.after }).record?.replicas.map(
      ({ status }) => status,
    );
    expect(tokens?.includes("terminating")).toBe(row.kept);
  });

  it("nothing that serves leaves before everything that serves was looked at", () => {
    const record = accepted(settled(), { replicas: { min: 1, max: 1 }, commands: ["new"] });
    expect(decided(record, allWell(record, { probes: new Map() })).replicas).not.toContain("1/0 terminating");
    expect(decided(record, allWell(record)).replicas).toContain("1/0 terminating");
  });
});

describe("what is missing starts nothing, and what runs, runs on", () => {
  it.each([
    {
      name: "a name without a value",
      supply: { offers: [offer], taken: [], refusal: null, lack: null, missingEnv: ["HF_TOKEN"] },
      verdict: "missing-env",
    },
    {
      name: "a job that no backend can run",
      supply: { offers: [], taken: [], refusal: "no image", lack: null, missingEnv: [] },
      verdict: "refused",
    },
    {
      name: "no capacity",
      supply: { offers: [], taken: [], refusal: null, lack: null, missingEnv: [] },
      verdict: "no-capacity",
    },
  ])("$name", ({ supply, verdict }) => {
    const record = accepted(settled(), { commands: ["new"] });
    expect(decided(record, allWell(record, { supply }))).toMatchObject({
      state: "waiting",
      verdict,
      actions: [],
      replicas: ["0/0 running", "1/0 running"],
    });
  });
});

describe("a new revision that turns bad", () => {
  const rolling = accepted(settled(), { commands: ["new"] });
  const withNew: ServiceRecord = { ...rolling, attempts: 3, replicas: [...rolling.replicas, fresh(2, 1)] };
  const token = "web-3-3";

  it.each([
    {
      name: "fails its probes after it was ready",
      observed: allWell(withNew, { probes: new Map([...allWell(withNew).probes, [token, [failing(3)]]]) }),
    },
    {
      name: "exits",
      observed: allWell(withNew, {
        instances: new Map([
          ...allWell(withNew).instances,
          [token, instanceOf(fresh(2, 1), { status: "exited", exitCode: 1 })],
        ]),
      }),
    },
  ])("goes back when it $name", ({ observed }) => {
    const { current, verdict, replicas, decision } = decided(withNew, observed);
    expect({ current, verdict, replicas }).toEqual({
      current: 0,
      verdict: "unhealthy",
      replicas: ["0/0 running", "1/0 running", "2/1 terminating"],
    });
    expect(decision.record?.quarantined).toEqual([expect.objectContaining({ deployment: 1, acceptance: 2 })]);
  });

  it("does not count as bad for a single failed probe, but lets nothing leave meanwhile", () => {
    const observed = allWell(withNew, { probes: new Map([...allWell(withNew).probes, [token, [failing(1)]]]) });
    expect(decided(withNew, observed)).toMatchObject({
      current: 1,
      verdict: null,
      replicas: ["0/0 running", "1/0 running", "2/1 running"],
    });
  });

  it("is not blamed for a lack of capacity", () => {
    const pending: ServiceRecord = {
      ...rolling,
      attempts: 3,
      replicas: [
        ...rolling.replicas,
        { ...serving(2, 1), status: "submitted", instance: null, address: null, runningAt: null, readyAt: null },
      ],
    };
    const outcomes = new Map([
      [token, { kind: "refused", code: "no-capacity", retryable: true, message: "none left" } as const],
    ]);
    expect(decided(pending, allWell(pending, { outcomes }))).toMatchObject({ current: 1, verdict: "no-capacity" });
  });

  it("a settled one is never judged: it heals", () => {
    const record = settled();
    const probes = new Map(record.replicas.map((replica) => [replica.token, [failing(100)]]));
    expect(decided(record, allWell(record, { probes }))).toMatchObject({
      state: "settled",
      verdict: null,
      actions: [],
    });
  });
});

describe("healing", () => {
  const dead = (record: ServiceRecord): Observed =>
    allWell(record, { instances: new Map([...allWell(record).instances].slice(1)) });

  it("replaces only the replica that died, and at once the first time", () => {
    const { replicas, actions, decision } = decided(settled(), dead(settled()));
    expect(replicas).toEqual(["0/0 submitted", "1/0 running"]);
    expect(actions).toEqual(["provision 0/0"]);
    expect(decision.record?.replicas[0]?.token).toBe("web-3-3");
  });

  it.each([
    [1, 0],
    [2, 15],
    [3, 30],
    [4, 60],
    [7, 600],
    [20, 600],
  ])("after %i failures in a row the next attempt waits %i s", (failures, seconds) => {
    const record = settled();
    const [first, ...others] = record.replicas;
    if (first === undefined) throw new Error("no replica");
    const flapping: ServiceRecord = {
      ...record,
      replicas: [{ ...first, readyAt: null, failures: failures - 1 }, ...others],
    };
    const after = decide(flapping, { observed: dead(flapping), policy, now }).record;
    const error = after?.replicas.find((replica) => replica.num === 0)?.error;
    if (seconds === 0) expect(after?.replicas.map((replica) => replica.status)).toContain("submitted");
    else expect(Date.parse(error?.retryAt ?? "") - now).toBe(seconds * 1000);
  });

  it("`terminate` is asked for only once routes are published and nothing is in flight", () => {
    const record = settled();
    const [first, ...others] = record.replicas;
    if (first === undefined) throw new Error("no replica");
    const since = new Date(now - 1_000).toISOString();
    const draining: ServiceRecord = {
      ...record,
      replicas: [
        {
          ...first,
          status: "terminating",
          termination: { reason: "replaced", since, drainUntil: new Date(now + 9_000).toISOString() },
        },
        ...others,
      ],
    };
    const drained = new Set([first.token]);
    expect(decided(draining, allWell(draining)).actions).toEqual(["provision 0/0"]);
    expect(decided(draining, allWell(draining, { drained, unpublished: true })).actions).not.toContain("terminate 0/0");
    expect(decided(draining, allWell(draining, { drained })).actions).toContain("terminate 0/0");
    expect(
      decided(draining, allWell(draining, { probes: new Map([["x", [passing]]]) }), now + 9_000).actions,
    ).toContain("terminate 0/0");
  });

  it("a paused service is touched by nothing", () => {
    const record: ServiceRecord = { ...settled(), paused: { at: new Date(now).toISOString(), by: "me" } };
    expect(decided(record, dead(record))).toMatchObject({
      state: "held",
      actions: [],
      replicas: ["0/0 running", "1/0 running"],
    });
  });
});

describe("a provider that does not deduplicate", () => {
  const record = settled();
  const pending: ServiceRecord = {
    ...record,
    replicas: [
      {
        ...serving(0, 0),
        status: "submitted",
        instance: null,
        runningAt: null,
        readyAt: null,
        submittedAt: new Date(now - 1_000).toISOString(),
      },
    ],
  };
  const observed = { dedupes: new Map([["local", false]]), visibility: new Map([["local", 5_000]]) };

  it("is not called again for an attempt whose outcome is unknown", () => {
    const two = { ...pending, replicas: [...pending.replicas, serving(1, 0)] };
    expect(decided(two, allWell(two, observed)).actions).toEqual([]);
  });

  it("gets a new attempt once a listing must have shown the old one", () => {
    const two = { ...pending, replicas: [...pending.replicas, serving(1, 0)] };
    const later = decided(two, allWell(two, observed), now + 70_000);
    expect(later.actions).toEqual(["provision 0/0"]);
    expect(later.decision.record?.replicas[0]?.token).toBe("web-3-3");
  });
});

describe("replicas of a run that never came to serve", () => {
  it("do not count as serving when passes go back to the run that does", () => {
    const restarted = accepted(settled(), { auth: true }, "whole-run");
    // The new run is ready, but one of it turned bad: what serves is the old run alone.
    const beside: ServiceRecord = {
      ...restarted,
      attempts: 4,
      replicas: [...restarted.replicas, fresh(2, 1), fresh(3, 1)],
    };
    const probes = new Map([...allWell(beside).probes, ["web-3-4", [failing(3)]]]);
    expect(decided(beside, allWell(beside, { probes }))).toMatchObject({
      current: 0,
      verdict: "unhealthy",
      replicas: ["0/0 running", "1/0 running", "2/1 terminating", "3/1 terminating"],
    });
  });
});

describe("what an edit merely renumbers says nothing about the edit", () => {
  it("a scale-up is not judged by an old replica that fails", () => {
    const scaled = accepted(settled(), { replicas: { min: 3, max: 3 } });
    const probes = new Map([...allWell(scaled).probes, ["web-3-1", [failing(5)]]]);
    expect(decided(scaled, allWell(scaled, { probes }))).toMatchObject({ current: 1, verdict: null });
  });

  it("a scale-down ends the one that fails, and none before all were looked at", () => {
    const scaled = accepted(settled(), { replicas: { min: 1, max: 1 } });
    const probes = new Map([...allWell(scaled).probes, ["web-3-1", [failing(5)]]]);
    expect(decided(scaled, allWell(scaled, { probes })).replicas).toEqual(["0/1 terminating", "1/1 running"]);
    const unseen = new Map([["web-3-2", [passing]]]);
    expect(decided(scaled, allWell(scaled, { probes: unseen })).replicas).toEqual(["0/1 running", "1/1 running"]);
  });

  it("whoever comes late looks before judging a slow start", () => {
    const rolling = accepted(settled(), { commands: ["new"] });
    const slow = { ...fresh(2, 1), readyAt: null };
    const record: ServiceRecord = { ...rolling, attempts: 3, replicas: [...rolling.replicas, slow] };
    const later = now + 3_600_000;
    const unseen = new Map([...allWell(record).probes].slice(0, 2));
    expect(decided(record, allWell(record, { probes: unseen }), later)).toMatchObject({ current: 1, verdict: null });
    // A single failure may be one that passes.
    const once = new Map([...unseen, [slow.token, [failing(2)]]]);
    expect(decided(record, allWell(record, { probes: once }), later)).toMatchObject({ current: 1, verdict: null });
    const seen = new Map([...unseen, [slow.token, [failing(3)]]]);
    expect(decided(record, allWell(record, { probes: seen }), later)).toMatchObject({
      current: 0,
      verdict: "unhealthy",
    });
  });
});
