import { describe, expect, it, test } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { isAlive } from "../../src/reconciler/decide/draft.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import { findOrphans } from "../../src/reconciler/orphans.ts";
import type { ReplicaError, ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { allWell, instanceOf, now, policy, serving, settled } from "../support/decisions.ts";

function pass(record: ServiceRecord, observed: Partial<Observed> = {}, at = now) {
  const decision = decide(record, { observed: allWell(record, observed), policy, now: at });
  if (decision.record === null) throw new Error("the record is gone");
  return { ...decision, record: decision.record };
}

const ago = (seconds: number): string => toTimestamp(now - seconds * 1000);

/** What was left of it is being ended; so many attempts have failed in a row. */
function exited(replica: ReplicaRecord, failures: number, retryAt: string): ReplicaRecord {
  const error: ReplicaError = { code: "exited", exitCode: 1, message: "exited with code 1", at: ago(5), retryAt };
  const termination = { reason: "exited", since: ago(5), drainUntil: ago(5) } as const;
  return { ...replica, status: "terminating", error, termination, failures };
}

/** Its provider has taken it that it is to end. */
function asked({ token }: ReplicaRecord): Observed["outcomes"] {
  return new Map([[token, { kind: "terminating" }]]);
}

test("what is to end and is not listed is asked to end before it counts as gone", () => {
  const termination = { reason: "scaled-down", since: ago(60), drainUntil: ago(30) } as const;
  const record = settled({ replicas: { min: 1, max: 1 } });
  const leaving = { ...serving(1, 0), status: "terminating", termination } as const;
  const whole = { ...record, replicas: [...record.replicas, leaving] };
  const unlisted = allWell(record);
  const { record: kept, actions } = pass(whole, { instances: unlisted.instances });
  expect(kept).toEqual(whole);
  expect(actions).toEqual([{ kind: "terminate", replica: leaving }]);
  const notFound = { kind: "refused", code: "not-found", retryable: false, message: "no such instance" } as const;
  for (const outcomes of [asked(leaving), new Map([[leaving.token, notFound]])])
    expect(pass(whole, { instances: unlisted.instances, outcomes }).record.replicas).toEqual(record.replicas);
  // What it was never told the provider's name of cannot be asked.
  const { record: other } = pass(
    { ...whole, replicas: [...record.replicas, { ...leaving, instance: null }] },
    { instances: unlisted.instances },
  );
  expect(other.replicas).toEqual(record.replicas);
});

describe("a replica that ended by itself and is not gone yet", () => {
  const whole = settled();
  const [first, second] = whole.replicas;
  if (first === undefined || second === undefined) throw new Error("no replicas");
  const observed = (record: ServiceRecord): Partial<Observed> => ({
    instances: new Map(
      record.replicas.map((replica) => [
        replica.token,
        instanceOf(replica, { status: replica.status === "terminating" ? "terminating" : "running" }),
      ]),
    ),
  });

  it("is replaced under its number, with its failures", () => {
    const record = { ...whole, replicas: [exited(first, 3, ago(1)), second] };
    const { record: next } = pass(record, observed(record));
    expect(next.replicas.filter(isAlive).map(({ num, failures }) => [num, failures])).toEqual([
      [0, 3],
      [1, 0],
    ]);
  });

  it("is not replaced before its time", () => {
    const record = { ...whole, replicas: [exited(first, 3, toTimestamp(now + 30_000)), second] };
    const { record: next, wakeAt } = pass(record, observed(record));
    expect(next.replicas.filter(isAlive).map(({ num }) => num)).toEqual([1]);
    expect(wakeAt).toBe(now + 30_000);
  });

  it("of which the newest attempt has just ended waits for that one's time, though what was before it is gone now", () => {
    const again = { ...first, token: "web-3-9", readyAt: null, failures: 1 };
    const record = { ...whole, attempts: 9, replicas: [exited(first, 1, ago(60)), again, second] };
    const instances = new Map([
      [again.token, instanceOf(again, { status: "exited", exitCode: 1 })],
      [second.token, instanceOf(second)],
    ]);
    const { record: next } = pass(record, { instances, outcomes: asked(first) });
    expect(next.replicas.map(({ num, status, token }) => [num, status, token])).toEqual([
      [0, "terminating", "web-3-9"],
      [1, "running", second.token],
    ]);
  });

  it("holds no number once its successor has it", () => {
    const record = { ...whole, replicas: [exited(first, 1, ago(1)), second] };
    const replaced = pass(record, observed(record)).record;
    const instances = new Map([[second.token, instanceOf(second)]]);
    const gone = pass(replaced, { instances, outcomes: asked(first) }, now + 1000).record;
    expect(gone.replicas.map(({ num, status }) => [num, status])).toEqual([
      [0, "submitted"],
      [1, "running"],
    ]);
  });
});

test("a failed attempt whose number runs again is forgotten", () => {
  const whole = settled();
  const failed = {
    ...exited(serving(1, 0), 1, ago(1)),
    token: "web-3-9",
    status: "failed",
    termination: null,
  } as const;
  const record = { ...whole, replicas: [serving(1, 0), failed] };
  const { record: next } = pass(record);
  expect(next.replicas.filter(isAlive).map(({ num }) => num)).toEqual([0, 1]);
  expect(next.replicas.some(({ token }) => token === failed.token)).toBe(false);
});

test("what comes of an attempt late, after it was recorded as failed, is ended", () => {
  const whole = settled();
  const [first] = whole.replicas;
  if (first === undefined) throw new Error("no replica");
  const failed: ReplicaRecord = { ...exited(first, 1, ago(1)), status: "failed", instance: null };
  const services = (replica: ReplicaRecord) =>
    new Map([["web", { record: { ...whole, attempts: 9, replicas: [replica] }, intents: [], lease: null }]]);
  const snapshot = { commit: "c", generation: 9, stateId: "s" };
  const instance = instanceOf(first);
  expect(findOrphans([instance], { ...snapshot, services: services(failed) }).tombstoned).toEqual([instance]);
  expect(findOrphans([instance], { ...snapshot, services: services(first) }).tombstoned).toEqual([]);
});

test("what a paused service has given up is left until it goes on", () => {
  const whole = settled();
  const [first] = whole.replicas;
  if (first === undefined) throw new Error("no replica");
  const record = { ...whole, attempts: 9, replicas: [], paused: { at: ago(1), by: "ada" } };
  const services = new Map([["web", { record, intents: [], lease: null }]]);
  const instance = instanceOf(first);
  const found = findOrphans([instance], { commit: "c", generation: 9, stateId: "s", services });
  expect(found).toEqual({ tombstoned: [], paused: [instance], unknown: [] });
});

test("what is left of a service that is gone is ended, and what was born later is not", () => {
  const [first] = settled().replicas;
  if (first === undefined) throw new Error("no replica");
  const gone = { services: [{ name: "web", born: 4 }] };
  const snapshot = { commit: "c", generation: 9, stateId: "s", services: new Map(), gone };
  const instances = ["web-3-9", "web-4-1", "web-5-1"].map((token) => instanceOf({ ...first, token }));
  const tokens = (found: readonly (typeof instances)[number][]): readonly string[] => found.map(({ token }) => token);
  const { tombstoned, unknown } = findOrphans(instances, snapshot);
  expect([tokens(tombstoned), tokens(unknown)]).toEqual([["web-3-9", "web-4-1"], ["web-5-1"]]);
  const others = { ...snapshot, stateId: "other" };
  expect(findOrphans(instances, others).tombstoned).toEqual([]);
});
