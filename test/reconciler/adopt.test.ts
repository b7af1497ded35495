import { expect, it } from "vitest";

import { jobDigest, jobOf } from "../../src/config/job.ts";
import { adoptInstances, numberedAbove } from "../../src/reconciler/adopt.ts";
import type { Adoptable } from "../../src/reconciler/adopt.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { findOrphans } from "../../src/reconciler/orphans.ts";
import { sortStrangers } from "../../src/reconciler/sort-strangers.ts";
import { encode } from "../../src/state/encode.ts";
import { record as recordSchema } from "../../src/state/schema.ts";
import { allWell, instanceOf, now, policy, serving, settled } from "../support/decisions.ts";
import { healthProbe, revisionOf, specOf } from "../support/specs.ts";

const spec = specOf({ replicas: { min: 2, max: 2 }, probes: [healthProbe] });
const revision = revisionOf(spec);
const job = jobDigest(jobOf(spec, revision.files, revision.repos));
const acceptance = { by: "ada", planId: "", now, generation: 12 };

function running(token: string, replica: number, tags: Partial<Adoptable> = {}): Adoptable {
  const instance = instanceOf({ ...serving(replica, 4), token }, { instance: `i-${token}` });
  return { ...instance, job, backend: "local", ready: true, ...tags };
}

it("a record is rebuilt from tags and from the file: nothing is left to do, and no number is used twice", () => {
  const found = [running("web-7-3", 0), running("web-7-5", 1)];
  const record = adoptInstances(found, { record: null, revision, acceptance });
  if (record === null) throw new Error("no record");
  expect(() => encode(recordSchema, record, "web.json")).not.toThrow();
  expect(record).toMatchObject({ born: 12, current: 4, target: { deployment: 4, floor: 2, served: 2, by: "ada" } });
  expect(record.replicas.map(({ num, token, deployment }) => [num, token, deployment])).toEqual([
    [0, "web-7-3", 4],
    [1, "web-7-5", 4],
  ]);
  const decision = decide(record, { observed: allWell(record), policy, now });
  expect(decision.actions).toEqual([]);
  expect(decision.record?.replicas.map(({ status, token }) => [status, token])).toEqual([
    ["running", "web-7-3"],
    ["running", "web-7-5"],
  ]);
});

it("a service that was born when the state goes on counts on from its attempts", () => {
  const record = adoptInstances([running("web-12-9", 0)], { record: null, revision, acceptance });
  expect(record).toMatchObject({ born: 12, attempts: 9 });
});

it.each([
  ["of another job", "sha256:".padEnd(71, "0")],
  ["of no known job", undefined],
])("what is %s serves as an earlier deployment, without probes, until it is rolled", (_, other) => {
  const { job: _own, ...plain } = running("web-7-3", 0);
  const found = [other === undefined ? plain : { ...plain, job: other }, running("web-7-5", 1, { deployment: 5 })];
  const record = adoptInstances(found, { record: null, revision, acceptance });
  if (record === null) throw new Error("no record");
  expect(() => encode(recordSchema, record, "web.json")).not.toThrow();
  expect(record.current).toBe(5);
  expect(record.deployments.map(({ num, spec: { probes } }) => [num, probes.length])).toEqual([
    [4, 0],
    [5, 1],
  ]);
  const decision = decide(record, { observed: allWell(record), policy, now });
  expect(decision.actions.map(({ kind }) => kind)).toEqual(["provision"]);
  expect(decision.record?.replicas.filter(({ status }) => status === "running")).toHaveLength(2);
});

it("a file that nothing runs gets the next number", () => {
  const found = [running("web-7-3", 0, { job: "sha256:".padEnd(71, "1") })];
  expect(adoptInstances(found, { record: null, revision, acceptance })).toMatchObject({ current: 5 });
});

it("of two with one number the newer keeps it, and the other serves under the next until it is let go of", () => {
  const found = [running("web-7-3", 0), running("web-7-5", 0), running("web-7-4", 1)];
  const record = adoptInstances(found, { record: null, revision, acceptance });
  expect(record?.replicas.map(({ num, token }) => [num, token])).toEqual([
    [0, "web-7-5"],
    [1, "web-7-4"],
    [2, "web-7-3"],
  ]);
});

it("what has ended, or is about to, is recorded as what it is", () => {
  const found = [
    running("web-7-3", 0, { status: "exited", ready: false }),
    running("web-7-4", 0, { status: "provisioning", ready: false, address: null }),
  ];
  const record = adoptInstances(found, { record: null, revision, acceptance });
  expect(record?.replicas.map(({ token, status, readyAt }) => [token, status, readyAt])).toEqual([
    ["web-7-4", "provisioning", null],
    ["web-7-3", "terminating", null],
  ]);
});

it("a known service keeps what it works towards, and counts above what it did not know", () => {
  const known = settled();
  const own = known.deployments[0]?.job ?? "";
  const record = adoptInstances([running("web-3-8", 5, { job: own })], { record: known, revision: null, acceptance });
  expect(record).toMatchObject({ born: 3, attempts: 8, target: known.target, current: known.current });
  expect(record?.replicas.map(({ token, deployment }) => [token, deployment])).toEqual([
    ["web-3-1", 0],
    ["web-3-2", 0],
    ["web-3-8", 0],
  ]);
  expect(numberedAbove(known, [{ token: "web-3-8" }, { token: "web-2-99" }])).toMatchObject({ born: 3, attempts: 8 });
  expect(numberedAbove(known, [{ token: "web-4-2" }])).toMatchObject({ born: 4, attempts: 2 });
});

it("without a record and a file there is nothing to adopt into", () => {
  expect(adoptInstances([running("web-7-3", 0)], { record: null, revision: null, acceptance })).toBeNull();
});

it("only what has the tags of the state that goes on can be adopted, and nothing without a choice", () => {
  const found = [
    running("web-7-3", 0),
    running("web-2-1", 0, { stateId: "older" }),
    running("api-7-1", 0, { service: "api" }),
  ];
  const snapshot = { commit: null, generation: 0, stateId: "new", services: new Map() };
  const named = new Set(["web"]);
  const fates = (adopt: readonly string[], remove: readonly string[]) =>
    sortStrangers({ strangers: found, snapshot }, { choice: { adopt, remove }, named }).map(({ fate }) => fate);
  expect(fates([], [])).toEqual(["left", "left", "left"]);
  expect(fates(["all"], [])).toEqual(["adopt", "left", "left"]);
  expect(fates(["all"], ["all"])).toEqual(["adopt", "remove", "remove"]);
  expect(fates(["web"], ["web-2-1"])).toEqual(["adopt", "remove", "left"]);
  expect(findOrphans(found, snapshot).unknown).toHaveLength(3);
});
