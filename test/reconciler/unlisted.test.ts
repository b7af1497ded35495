import { expect, it } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { Decision } from "../../src/reconciler/decide.ts";
import { isMaterial } from "../../src/reconciler/material.ts";
import type { Observed, ProbeStreak } from "../../src/reconciler/observed.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { allWell, failing, instanceOf, now, passing, policy, settled } from "../support/decisions.ts";

const minute = 60_000;
const unasked: ProbeStreak = { successes: 0, failures: 0, last: null };
const silent: ProbeStreak = { successes: 0, failures: 3, last: { ok: false, status: null, error: "refused" } };
const one = settled({ replicas: { min: 1, max: 1 } });

/** A pass that does not see the only replica in any listing. */
function pass(record: ServiceRecord, streak: ProbeStreak | null, observed: Partial<Observed> = {}, at = now): Decision {
  const probes = new Map(streak === null ? [] : record.replicas.map(({ token }) => [token, [streak]]));
  return decide(record, { observed: allWell(record, { instances: new Map(), probes, ...observed }), policy, now: at });
}

function next({ record }: Decision): ServiceRecord {
  if (record === null) throw new Error("the service is gone");
  return record;
}

function withReplica(replica: Partial<ReplicaRecord>): ServiceRecord {
  return { ...one, replicas: one.replicas.map((each) => ({ ...each, ...replica })) };
}

it.each<{ name: string; record: ServiceRecord; streak: ProbeStreak | null }>([
  { name: "does not answer, either", record: one, streak: silent },
  { name: "fails its probes", record: one, streak: failing(3) },
  { name: "cannot be asked", record: one, streak: null },
  { name: "never was ready", record: withReplica({ readyAt: null }), streak: passing },
  { name: "was out of reach", record: withReplica({ unreachableSince: toTimestamp(now - minute) }), streak: passing },
])("a replica that is not listed and $name is lost, and replaced", ({ record, streak }) => {
  const decision = pass(record, streak);
  expect(decision.notes.map(({ detail }) => detail)).toEqual(["is gone", "on local (local)"]);
  expect(decision.actions.map(({ kind }) => kind)).toEqual(["provision"]);
});

it.each([
  { name: "has not been asked yet", streak: unasked },
  { name: "failed twice", streak: failing(2) },
  // It may be about to end.
  { name: "answered twice", streak: { ...passing, successes: 2 } },
])("one that $name is waited for: nothing is written, and no run ends with it", ({ streak }) => {
  const decision = pass(one, streak);
  expect(decision).toMatchObject({ actions: [], notes: [], state: "working" });
  expect(isMaterial(one, decision.record)).toBe(false);
});

it("one that answers serves on, and is said once not to be listed", () => {
  const kept = pass(one, passing);
  const unlistedSince = toTimestamp(now);
  expect(kept).toMatchObject({ actions: [], state: "settled", wakeAt: now + 60 * minute });
  expect(kept.record).toEqual(withReplica({ unlistedSince }));
  expect(kept.notes.map(({ detail }) => detail)).toEqual([
    "local does not list it, and it answers its probes: it is kept for an hour",
  ]);
  const again = pass(next(kept), passing, {}, now + minute);
  expect(again).toMatchObject({ record: kept.record, notes: [], state: "settled", wakeAt: now + 60 * minute });
  const listed = decide(next(again), { observed: allWell(next(again)), policy, now: now + minute });
  expect(listed.record).toEqual(one);
  expect(listed.notes.map(({ detail }) => detail)).toEqual(["is listed again"]);
});

it("a blind listing, and one that cannot see its host, change nothing of that", () => {
  const record = withReplica({ unlistedSince: toTimestamp(now - minute) });
  const blind = pass(record, silent, { blind: new Map([["local", "timed out"]]) });
  expect(blind).toMatchObject({ record, actions: [] });
});

it("once it stops answering, or an hour has passed, it is lost, and replaced", () => {
  const record = withReplica({ unlistedSince: toTimestamp(now - 59 * minute) });
  expect(pass(record, passing).actions).toEqual([]);
  for (const decision of [pass(record, silent), pass(record, passing, {}, now + minute)]) {
    expect(decision.notes.map(({ detail }) => detail)).toEqual(["is gone", "on local (local)"]);
    expect(decision.record?.replicas[0]).not.toHaveProperty("unlistedSince");
  }
});

it("of several probes all are heard before it is lost, and none of them ends it otherwise", () => {
  const heard = (...streaks: readonly ProbeStreak[]): Decision => {
    const probes = new Map(one.replicas.map(({ token }) => [token, streaks]));
    const heal = { ...policy.heal, unhealthyAfter: 1 };
    const observed = allWell(one, { instances: new Map(), probes });
    return decide(one, { observed, policy: { ...policy, heal }, now });
  };
  for (const streaks of [
    [silent, unasked],
    [failing(2), failing(2)],
    [silent, { ...passing, successes: 2 }],
  ])
    expect(heard(...streaks)).toMatchObject({ record: one, actions: [], state: "working" });
  expect(heard(silent, passing).notes.map(({ detail }) => detail)).toContain("is gone");
});

it("of what was given up nothing says that it is not listed", () => {
  const record = withReplica({ unlistedSince: toTimestamp(now - minute) });
  const gone = new Map(record.replicas.map((each) => [each.token, instanceOf(each, { status: "gone" })]));
  const exited = new Map(
    record.replicas.map((each) => [each.token, instanceOf(each, { status: "exited", exitCode: 1 })]),
  );
  for (const instances of [gone, exited]) {
    const { replicas } = next(pass(record, passing, { instances }));
    for (const replica of replicas) expect(replica).not.toHaveProperty("unlistedSince");
  }
});
