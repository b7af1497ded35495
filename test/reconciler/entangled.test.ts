import { describe, expect, it } from "vitest";

import { defaultPolicy, type Policy, type RolloutPolicy, type Strategy } from "../../src/config/settings.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { acceptRevision, type Replacement } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { allWell, fresh, instanceOf, now, policy, settled } from "../support/decisions.ts";
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

/** Happens once, before the pass of a second. */
function at(second: number, happens: (record: ServiceRecord) => ServiceRecord): Pick<SmallWorld, "befalls" | "until"> {
  return { until: second, befalls: (passed, record) => ({ record: passed === second ? happens(record) : record }) };
}

function pass(record: ServiceRecord, observed: Partial<Observed> = {}) {
  const decision = decide(record, { observed: allWell(record, observed), policy, now });
  if (decision.record === null) throw new Error("the record is gone");
  return { ...decision, record: decision.record };
}

const newIs = (manner: object) => (deployment: number) => (deployment === 0 ? {} : manner);

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
});

describe("what ends a rollout", () => {
  it.each([{ status: "exited" }, { status: "terminating" }] as const)(
    "is not that its provider took a new replica back ($status)",
    ({ status }) => {
      const after = pass(half(), ended(half(), { status, interrupted: true })).record;
      expect(after).toMatchObject({ current: 1, quarantined: [], verdict: null });
    },
  );
});
