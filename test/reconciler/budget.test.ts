import { describe, expect, it } from "vitest";

import type { Budget, Policy } from "../../src/config/settings.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { Decision } from "../../src/reconciler/decide.ts";
import { noOthers } from "../../src/reconciler/decide/others.ts";
import type { Others } from "../../src/reconciler/decide/others.ts";
import { isMaterial } from "../../src/reconciler/material.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, allWell, now, offer, policy, settled, submitted } from "../support/decisions.ts";

const none: Budget = { hourly: null, monthly: null };
const hour = 3_600_000;

/** Two replicas at $1/h that serve since an hour ago. */
const two = priced(settled());

function priced(record: ServiceRecord, price = 1): ServiceRecord {
  return { ...record, replicas: record.replicas.map((replica) => ({ ...replica, price })) };
}

function edited(overrides: Partial<ServiceSpec>, replacement?: "whole-run"): ServiceRecord {
  return accepted(two, overrides, replacement);
}

function limited(project: Partial<Budget>, own: Partial<Budget> = {}): Policy {
  const { rollout, heal } = policy;
  return {
    ...policy,
    budget: { ...none, ...project },
    services: { web: { rollout, heal, budget: { ...none, ...own } } },
  };
}

interface Scene {
  readonly within: Policy;
  readonly others?: Partial<Others>;
  readonly price?: number;
  readonly at?: number;
  readonly observed?: Partial<Observed>;
}

function pass(record: ServiceRecord, { within, others, price = 1, at = now, observed }: Scene): Decision {
  const supply = { offers: [{ ...offer, price }], taken: [], refusal: null, lack: null, missingEnv: [] };
  return decide(record, {
    observed: { ...allWell(record, { supply }), ...observed },
    policy: within,
    now: at,
    others: () => ({ ...noOthers, ...others }),
  });
}

function started({ actions }: Decision): number {
  return actions.filter(({ kind }) => kind === "provision").length;
}

function next({ record }: Decision): ServiceRecord {
  if (record === null) throw new Error("the service is gone");
  return record;
}

describe("the hourly budget", () => {
  const four = edited({ replicas: { min: 4, max: 4 } });

  it("starts as many as it allows, says why the rest waits, and says it once", () => {
    const within = limited({ hourly: 3 });
    const first = pass(four, { within });
    expect(started(first)).toBe(1);
    const second = pass(next(first), { within, at: now + 1_000 });
    expect(second).toMatchObject({
      state: "working",
      record: {
        verdict: {
          code: "over-budget",
          at: toTimestamp(now),
          message: "the project costs $3/h, another replica would cost $1/h, and `policy.budget.hourly` is $3",
        },
      },
    });
    expect(second.record?.replicas).toHaveLength(3);
    const third = pass(next(second), { within, at: now + 60_000 });
    expect(isMaterial(second.record, third.record)).toBe(false);
    const raised = pass(next(third), { within: limited({ hourly: 4 }) });
    expect(raised.record).toMatchObject({ verdict: null, replicas: { length: 4 } });
  });

  it.each<{ name: string; scene: Scene; starts: number; message: string | null }>([
    {
      name: "nothing limits what costs nothing",
      scene: { within: limited({ hourly: 0 }), price: 0 },
      starts: 2,
      message: null,
    },
    {
      name: "sums of cents fit exactly",
      scene: { within: limited({ hourly: 2.2 }), price: 0.1 },
      starts: 2,
      message: null,
    },
    {
      name: "what the others cost counts",
      scene: { within: limited({ hourly: 4 }), others: { hourly: 1.5 } },
      starts: 0,
      message: "the project costs $3.5/h, another replica would cost $1/h, and `policy.budget.hourly` is $4",
    },
    {
      name: "the others' money is nothing to a service's own budget",
      scene: { within: limited({}, { hourly: 4 }), others: { hourly: 100, spent: 100 } },
      starts: 2,
      message: null,
    },
    {
      name: "a service's own budget",
      scene: { within: limited({ hourly: 100 }, { hourly: 2 }) },
      starts: 0,
      message: "web costs $2/h, another replica would cost $1/h, and `policy.services.web.budget.hourly` is $2",
    },
  ])("$name", ({ scene, starts, message }) => {
    const decision = pass(four, scene);
    expect({ starts: started(decision), message: decision.record?.verdict?.message ?? null }).toEqual({
      starts,
      message,
    });
  });

  it("asks for no next best offer that it does not pay for", () => {
    const at = toTimestamp(now - 60_000);
    const error = { code: "no-capacity", exitCode: null, message: "sold out", at, retryAt: at } as const;
    const lacking = {
      ...submitted(2, 0),
      status: "failed",
      price: 1,
      failures: 1,
      error,
      offered: { type: "small", spot: false },
    } as const;
    const three = edited({ replicas: { min: 3, max: 3 } });
    const wanting = { ...three, attempts: 3, replicas: [...three.replicas, { ...lacking, deployment: three.current }] };
    const offers = ["small", "large"].map((instance, index) => ({ ...offer, instance, price: 1 + index }));
    const supply = { offers, taken: [], refusal: null, lack: null, missingEnv: [] };
    const asked = (hourly: number) => {
      const decision = pass(wanting, { within: limited({ hourly }), observed: { supply } });
      return decision.record?.replicas.find(({ status }) => status === "submitted")?.offered?.type;
    };
    expect([asked(3.5), asked(4)]).toEqual(["small", "large"]);
  });

  it("keeps what serves where a rollout's second instance does not fit", () => {
    const decision = pass(edited({ commands: ["new"] }), { within: limited({ hourly: 2 }) });
    expect(decision).toMatchObject({ state: "waiting", actions: [], record: { verdict: { code: "over-budget" } } });
    expect(decision.record?.replicas.map(({ status }) => status)).toEqual(["running", "running"]);
  });

  it("counts what is leaving until it is gone, and waits for that without a word", () => {
    const [first, second] = two.replicas;
    if (first === undefined || second === undefined) throw new Error("two serve");
    const at = toTimestamp(now);
    const termination = { reason: "replaced", since: at, drainUntil: at } as const;
    const leaving: ServiceRecord = { ...two, replicas: [first, { ...second, status: "terminating", termination }] };
    const waiting = pass(leaving, { within: limited({ hourly: 2 }) });
    expect(waiting.record).toMatchObject({ verdict: null, replicas: { length: 2 } });
    const instances = new Map([...allWell(two).instances].slice(0, 1));
    const outcomes = new Map([[second.token, { kind: "terminating" } as const]]);
    const gone = pass(leaving, { within: limited({ hourly: 2 }), observed: { instances, outcomes } });
    expect(started(gone)).toBe(1);
  });

  it("starts a run that takes over as a whole only whole", () => {
    const beside = edited({ auth: true }, "whole-run");
    const short = pass(beside, { within: limited({ hourly: 3 }) });
    expect(short).toMatchObject({
      actions: [],
      record: {
        verdict: {
          message: "the project costs $2/h, 2 more replicas would cost $2/h, and `policy.budget.hourly` is $3",
        },
      },
    });
    expect(started(pass(beside, { within: limited({ hourly: 4 }) }))).toBe(2);
  });
});

describe("the monthly budget", () => {
  const [survivor] = two.replicas;
  const { instances, probes } = allWell({ ...two, replicas: survivor === undefined ? [] : [survivor] });
  const dead = { instances, probes };

  it("starts no replacement once the month's money is spent, ends nothing for it, and goes on with the month", () => {
    // Two have run for an hour.
    const within = limited({ monthly: 2 });
    const lost = pass(two, { within, observed: dead });
    expect(lost.record).toMatchObject({
      spent: { month: "2026-01", amount: 1 },
      verdict: {
        code: "over-budget",
        message:
          "what the project may cost in 2026-01 is spent (`policy.budget.monthly` is $2), and another replica would cost $1/h",
      },
    });
    expect(lost.record?.replicas.map(({ status }) => status)).toEqual(["running", "failed"]);
    const later = pass(next(lost), { within, at: now + hour });
    expect(isMaterial(lost.record, later.record)).toBe(false);
    const nextMonth = pass(next(later), { within, at: Date.parse("2026-02-01T00:00:00Z") });
    expect(started(nextMonth)).toBe(1);
    expect(nextMonth.record?.verdict).toBeNull();
  });

  it("counts what the others have spent", () => {
    const within = limited({ monthly: 10 });
    const four = edited({ replicas: { min: 4, max: 4 } });
    expect(started(pass(four, { within, others: { spent: 7.9 } }))).toBe(2);
    expect(started(pass(four, { within, others: { spent: 8 } }))).toBe(0);
  });

  it("records what ended replicas cost, by the month, and nothing of what cost nothing or never was", () => {
    const spent = (record: ServiceRecord, observed: Partial<Observed>, at = now): ServiceRecord["spent"] =>
      pass(record, { within: policy, observed, at }).record?.spent;
    expect(spent(two, dead)).toEqual({ month: "2026-01", amount: 1 });
    expect(spent(priced(two, 0), dead)).toBeUndefined();
    expect(spent({ ...two, spent: { month: "2026-01", amount: 5 } }, dead)).toEqual({
      month: "2026-01",
      amount: 6,
    });
    const halfPastMidnight = Date.parse("2026-02-01T00:30:00Z");
    expect(spent({ ...two, spent: { month: "2026-01", amount: 5 } }, dead, halfPastMidnight)).toEqual({
      month: "2026-02",
      amount: 0.5,
    });
    const asked = next(pass(edited({ replicas: { min: 3, max: 3 } }), { within: policy }));
    const token = asked.replicas.at(-1)?.token ?? "";
    const refusal = { kind: "refused", code: "no-capacity", retryable: true, message: "none left" } as const;
    expect(spent(asked, { outcomes: new Map([[token, refusal]]) }, now + hour)).toBeUndefined();
  });

  it("is not forgotten by an edit", () => {
    const spent = { month: "2026-01", amount: 1 };
    expect(accepted({ ...two, spent }, { commands: ["new"] })).toMatchObject({ spent });
  });

  it("writes no record for money alone", () => {
    expect(isMaterial(two, { ...two, spent: { month: "2026-01", amount: 1 } })).toBe(false);
  });
});
