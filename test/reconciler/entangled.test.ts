import { describe, expect, it } from "vitest";

import { defaultPolicy, type Policy, type RolloutPolicy, type Strategy } from "../../src/config/settings.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRevision, type Replacement } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { isServing } from "../../src/reconciler/decide/draft.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, allWell, fresh, instanceOf, now, offer, policy, settled } from "../support/decisions.ts";
import { follow, type SmallWorld } from "../support/small-world.ts";
import { healthProbe, revisionOf, specOf } from "../support/specs.ts";

interface Edit {
  readonly strategy?: Strategy;
  readonly replacement?: Replacement;
  readonly second?: number;
}

function accept(record: ServiceRecord, spec: Partial<ServiceSpec>, edit: Edit = {}): ServiceRecord {
  const { strategy, replacement = "where-jobs-differ", second = 0 } = edit;
  const whole = specOf({ replicas: { min: 2, max: 2 }, probes: [healthProbe], ...spec });
  return acceptRevision(record, revisionOf(whole), replacement, {
    by: "me",
    planId: "",
    now: now + second * 1000,
    generation: 4,
    ...(strategy === undefined ? {} : { strategy }),
  });
}

function policyWith(rollout: Partial<RolloutPolicy>): Policy {
  return { ...defaultPolicy, rollout: { ...defaultPolicy.rollout, bake: 3, drain: 0, ...rollout } };
}

function canaryOf(step: object): Partial<RolloutPolicy> {
  const steps = [{ replicas: null, share: null, pause: 60, ...step }];
  return { canary: { ...defaultPolicy.rollout.canary, steps } };
}

/** Happens once, before the pass of a second. */
function at(second: number, happens: (record: ServiceRecord) => ServiceRecord): Pick<SmallWorld, "befalls" | "until"> {
  return { until: second, befalls: (passed, record) => ({ record: passed === second ? happens(record) : record }) };
}

/** These instances are gone before the pass of a second. */
function loses(second: number, of: (record: ServiceRecord) => readonly { readonly token: string }[]) {
  return {
    until: second,
    befalls: (passed: number, record: ServiceRecord) => ({
      record,
      gone: passed === second ? of(record).map(({ token }) => token) : [],
    }),
  };
}

function pass(record: ServiceRecord, observed: Partial<Observed> = {}) {
  const decision = decide(record, { observed: allWell(record, observed), policy, now });
  if (decision.record === null) throw new Error("the record is gone");
  return { ...decision, record: decision.record };
}

const newIs = (manner: object) => (deployment: number) => (deployment === 0 ? {} : manner);
const four = { replicas: { min: 4, max: 4 } };
const isMissing = (missing: readonly string[]) => ({
  supply: { offers: [offer], taken: [], refusal: null, lack: null, missingEnv: missing },
});

/** Half of a rollout: a new replica serves beside the old ones. */
function half(overrides: Partial<ServiceSpec> = {}): ServiceRecord {
  const record = accept(settled(overrides), { commands: ["new"], ...overrides });
  return { ...record, replicas: [...record.replicas, fresh(2, 1)] };
}

/** Its new replica's instance is something else than running. */
function ended(record: ServiceRecord, overrides: Parameters<typeof instanceOf>[1]): Pick<Observed, "instances"> {
  const instances = record.replicas.map((each) => instanceOf(each, each.deployment === 1 ? overrides : {}));
  return { instances: new Map(instances.map((instance) => [instance.token, instance])) };
}

describe("an edit during a rollout", () => {
  it("that leaves its replicas as they are does not keep a bad revision from being judged", () => {
    const world = {
      capacity: 9,
      policy: policyWith({ startup: 60 }),
      manner: newIs({ readyAfter: Infinity }),
      ...at(5, (record) => accept(record, { commands: ["new"], priority: 7 }, { second: 5 })),
    };
    const course = follow(accept(settled(), { commands: ["new"] }), world);
    expect(course.record).toMatchObject({ current: 0, verdict: { code: "unhealthy", deployment: 2 } });
    expect(course).toMatchObject({ state: "failed", fewestServing: 2 });
  });

  it("that exchanges nothing leaves its strategy as it is", () => {
    const counted = { commands: ["new"], priority: 7 };
    const world = { capacity: 2, policy: policyWith({}), ...at(4, (record) => accept(record, counted, { second: 4 })) };
    const course = follow(accept(settled(), { commands: ["new"] }, { strategy: "stop-first" }), world);
    expect(course).toMatchObject({ state: "settled", fewestServing: 1, mostInstances: 2 });
    expect(course.record).toMatchObject({ current: 2, target: { strategy: "stop-first" } });
    expect(accept(course.record, { ...counted, priority: 8 }).target).not.toHaveProperty("strategy");
  });

  it("that takes it back after one of a whole run lets go of what does not serve first", () => {
    const whole = accept(settled(), { auth: true }, { strategy: "stop-first", replacement: "whole-run" });
    const { replicas } = whole;
    const record = { ...whole, replicas: [...replicas.slice(1), { ...fresh(0, 1), token: "web-3-9" }] };
    const back = accept(record, { commands: ["other"] }, { strategy: "stop-first" });
    // One of them is not routed, and so does not serve.
    expect(back.target).toMatchObject({ served: 1, floor: 0 });
    const none = { offers: [], taken: [offer], refusal: null, lack: null, missingEnv: [] };
    const after = pass(back, { supply: none }).record.replicas;
    expect(after.map(({ deployment, status }) => `${deployment} ${status}`)).toEqual(["0 running", "1 terminating"]);
  });

  it("starts no third run before the second that it supersedes is gone", () => {
    const whole = (num: number) => ({ commands: [`run ${num}`] });
    const next = (record: ServiceRecord) => accept(record, whole(2), { replacement: "whole-run", second: 3 });
    const world = { capacity: 9, policy: policyWith({}), ...at(3, next) };
    const course = follow(accept(settled(), whole(1), { replacement: "whole-run" }), world);
    expect(course).toMatchObject({ state: "settled", fewestServing: 2 });
    expect(course.mostInstances).toBeLessThanOrEqual(5);
  });

  it("forgets neither how long starts took nor what was spent", () => {
    const known = { starts: [{ run: 3, ready: 4 }], spent: { month: "2026-01", amount: 5 } };
    expect(accept({ ...settled(), ...known }, { commands: ["new"] })).toMatchObject(known);
  });

  it("leaves nothing behind of those that nothing refers to any more", () => {
    const edits = Array.from({ length: 50 }, (_, num) => ({ commands: [`new ${num}`] }));
    const record = edits.reduce<ServiceRecord>((before, spec) => accept(before, spec), settled());
    expect(record.deployments.map(({ num }) => num)).toEqual([0, 49, 50]);
    expect(record.target).toMatchObject({ deployment: 50, acceptance: 51 });
  });
});

describe("a canary", () => {
  const record = accept(settled(four), { commands: ["new"], ...four }, { strategy: "canary" });

  it("that is taken back goes at once, and its share is nobody's", () => {
    const world = { capacity: 9, policy: policyWith(canaryOf({ share: 0.1, pause: 600 })) };
    const begun = follow(record, world, 60).record;
    expect(begun.deployments.at(-1)?.canary).toMatchObject({ share: 0.1 });
    const back = follow(accept(begun, four, { strategy: "canary" }), world);
    expect(back.record.deployments.at(-1)).not.toHaveProperty("canary");
    expect(back.state).toBe("settled");
    expect(back.seconds).toBeLessThan(30);
  });

  it("is watched anew when it was away meanwhile", () => {
    const isNew = ({ replicas }: ServiceRecord) => replicas.filter(({ deployment }) => deployment === 1);
    const world = { capacity: 9, policy: policyWith(canaryOf({ replicas: 1 })), ...loses(50, isNew) };
    const course = follow(record, world);
    expect(course.state).toBe("settled");
    const second = course.steps.filter((step) => step.startsWith("provision"))[2];
    expect(Number(second?.split(" at ")[1])).toBeGreaterThanOrEqual(110);
  });

  it("does not keep what dies meanwhile from being replaced", () => {
    const world = {
      capacity: 9,
      policy: policyWith(canaryOf({ replicas: 1, pause: 3600 })),
      ...loses(30, ({ replicas }) => replicas.filter(({ deployment }) => deployment === 0).slice(0, 2)),
    };
    const course = follow(record, world, 60);
    expect(course.record.replicas.filter(isServing)).toHaveLength(4);
    expect(course.record.deployments.at(-1)?.canary).toBeDefined();
  });
});

describe("what ends a rollout", () => {
  it.each([{ status: "exited" }, { status: "terminating" }] as const)(
    "is not that its provider took a new replica back ($status)",
    ({ status }) => {
      const after = pass(half(), ended(half(), { status, interrupted: true })).record;
      expect(after).toMatchObject({ current: 1, quarantined: [], verdict: null });
    },
  );

  it("is followed by what the old revision needs, not by what the new one does", () => {
    const exited = { ...ended(half(), { status: "exited", exitCode: 1 }), ...isMissing(["NEW"]) };
    const gone = { ...half(), replicas: half().replicas.slice(1) };
    const { record, wakeAt } = pass(gone, exited);
    expect(record).toMatchObject({ current: 0, verdict: { code: "unhealthy" } });
    expect(wakeAt).toBe(now);
    expect(pass(record).record.replicas.map(({ status }) => status)).toContain("submitted");
  });

  it("leaves no bad run standing by", () => {
    const whole = accept(settled(), { auth: true }, { strategy: "blue-green", replacement: "whole-run" });
    const world = { capacity: 4, policy: policyWith({ hold: 600 }), manner: newIs({ sickAfter: 20 }) };
    const course = follow(whole, world);
    expect(course).toMatchObject({ state: "failed", fewestServing: 2 });
    expect(course.seconds).toBeLessThan(60);
  });
});

describe("several reasons at once", () => {
  const ago = toTimestamp(now - 60_000);
  const error = { code: "failed-to-start", exitCode: null, message: "no image", at: ago, retryAt: ago } as const;
  const failed = { status: "failed", instance: null, readyAt: null, failures: 1, error } as const;
  const none = { supply: { offers: [], taken: [], refusal: null, lack: null, missingEnv: [] } };
  const retry = { on_events: ["interruption"], duration: 3600 } as const;
  const both = settled({ retry });
  const given = { ...both, replicas: both.replicas.map((replica) => ({ ...replica, ...failed })) };
  const exited = { ...failed, error: { ...error, code: "exited", exitCode: 1, message: "exited" } } as const;
  const interrupted = { ...failed, error: { ...error, code: "interrupted" } } as const;
  const mixed = {
    ...given,
    replicas: given.replicas.map((each) => (each.num === 0 ? each : { ...each, ...interrupted })),
  };

  it.each([
    { what: "two replicas that `retry` gives up", record: given, observed: {}, code: "retry-limit" },
    { what: "one that it gives up, and no capacity", record: mixed, observed: none, code: "no-capacity" },
    {
      what: "going back that lacks a value and an image",
      record: goingBack(failed),
      observed: isMissing(["OLD"]),
      code: "stuck",
    },
    { what: "going back at its limit", record: goingBack(exited, { retry }), observed: {}, code: "stuck" },
  ])("come to one verdict: $what", ({ record, observed, code }) => {
    const first = pass(record, observed);
    expect(first.record.verdict?.code).toBe(code);
    const again = pass(first.record, observed);
    expect(again).toMatchObject({ actions: [], notes: [] });
    expect(again.record).toEqual(first.record);
  });

  it("a rollout that was given up is no unhealthy one after it was stuck", () => {
    const record = goingBack(failed);
    const [old, given] = record.deployments;
    if (old === undefined || given === undefined || record.verdict === null) throw new Error("expected both");
    const lacked: ServiceRecord = {
      ...record,
      deployments: [old, { ...given, gaveUpAt: ago }],
      replicas: record.replicas.slice(1),
      verdict: { ...record.verdict, code: "no-capacity", message: "given up" },
    };
    const stuck = pass(lacked, isMissing(["OLD"])).record;
    expect(stuck.verdict?.code).toBe("stuck");
    expect(pass(stuck).record.verdict).toMatchObject({ code: "no-capacity", message: "given up" });
  });

  function goingBack(first: object, overrides: Partial<ServiceSpec> = {}): ServiceRecord {
    const record = accept(settled(overrides), { commands: ["new"] });
    const message = "was bad";
    return {
      ...record,
      current: 0,
      replicas: record.replicas.map((replica) => (replica.num === 0 ? { ...replica, ...first } : replica)),
      verdict: { code: "unhealthy", deployment: 1, replica: 0, message, at: ago, evidence: {} },
    };
  }
});

it("what a provider must not be asked twice for is announced only when it is asked for", () => {
  const record = settled();
  const gone = record.replicas.map((replica) => instanceOf(replica, { status: "exited" as const, exitCode: 1 }));
  const dedupes = new Map([["local", false]]);
  const instances = new Map(gone.map((instance) => [instance.token, instance]));
  const { record: after, actions } = pass(record, { instances, dedupes });
  const announced = after.replicas.filter(({ status }) => status === "submitted").length;
  expect(actions.filter(({ kind }) => kind === "provision")).toHaveLength(announced);
});

it("what was offered and is not to be had makes way for the next offer, of the same region, too", () => {
  const record = accepted(null, { replicas: { min: 1, max: 1 } });
  const offers = [
    { ...offer, instance: "small" },
    { ...offer, instance: "large", price: 2 },
  ];
  const supply = { offers, taken: [], refusal: null, lack: null, missingEnv: [] };
  const first = decide(record, { observed: allWell(record, { supply }), policy, now }).record ?? record;
  expect(first.replicas).toMatchObject([{ offered: { type: "small", spot: false } }]);
  const refused = { kind: "refused", code: "no-capacity", retryable: true, message: "sold out" } as const;
  const outcomes = new Map([[first.replicas[0]?.token ?? "", refused]]);
  const failed = decide(first, { observed: allWell(first, { supply, outcomes }), policy, now }).record ?? first;
  const again = decide(failed, { observed: allWell(failed, { supply }), policy, now: now + 15_000 }).record;
  expect(again?.replicas).toMatchObject([{ offered: { type: "large", spot: false }, price: 2 }]);
});

it("what was offered and is not to be had makes way for the next offer", () => {
  const at = toTimestamp(now - 60_000);
  const error = { code: "no-capacity", exitCode: null, message: "is full", at, retryAt: at } as const;
  const record = settled();
  const failed = { ...record, replicas: record.replicas.slice(1) };
  const tries = ["local", "second", "third"].map((backend) => {
    const lacking = { ...fresh(0, 0), status: "failed", instance: null, readyAt: null, backend, error } as const;
    const offers = ["local", "second"].map((each) => ({ ...offer, backend: each }));
    const observed = { supply: { offers, taken: [], refusal: null, lack: null, missingEnv: [] } };
    const { record: after } = pass({ ...failed, replicas: [lacking, ...failed.replicas] }, observed);
    return after.replicas.find(({ status }) => status === "submitted")?.backend;
  });
  expect(tries).toEqual(["second", "local", "local"]);
});
