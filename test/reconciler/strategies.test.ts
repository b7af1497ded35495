import { describe, expect, it } from "vitest";

import type { Policy, RolloutPolicy, Strategy } from "../../src/config/settings.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRetry, acceptRevision, type Replacement } from "../../src/reconciler/accept.ts";
import { chooseStrategy } from "../../src/reconciler/choose-strategy.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { stepCanary } from "../../src/reconciler/decide/canary.ts";
import { leastImportant } from "../../src/reconciler/decide/health.ts";
import type { ReplicaRecord } from "../../src/state/record.ts";
import { allWell, failing, fresh, instanceOf, now, offer, settled } from "../support/decisions.ts";
import { follow } from "../support/small-world.ts";
import { healthProbe, revisionOf, specOf } from "../support/specs.ts";

const two = { min: 2, max: 2 };

function policyWith(rollout: Partial<RolloutPolicy>): Policy {
  return { ...defaultPolicy, rollout: { ...defaultPolicy.rollout, bake: 3, drain: 0, ...rollout } };
}

/** A service that runs, and an edit of it that was accepted with a strategy. */
function edited(strategy: Strategy, { count = 2, replacement = "where-jobs-differ" }: Edit = {}) {
  const replicas = { min: count, max: count };
  const spec = specOf({
    replicas,
    probes: [healthProbe],
    ...(replacement === "whole-run" ? { auth: true } : { commands: ["new"] }),
  });
  const acceptance = { by: "me", planId: "", now, generation: 4, strategy };
  return acceptRevision(settled({ replicas }), revisionOf(spec), replacement, acceptance);
}

interface Edit {
  readonly count?: number;
  readonly replacement?: Replacement;
}

function costing(price: number) {
  return (replica: ReplicaRecord): ReplicaRecord => ({ ...replica, price });
}

const healthy = () => ({});
const newIs = (manner: object) => (deployment: number) => (deployment === 0 ? {} : manner);

describe("stop-first", () => {
  it.each([
    { what: "says so", says: true },
    { what: "refuses the call", says: false },
  ])("exchanges one for one where the provider $what", ({ says }) => {
    const course = follow(edited("stop-first"), { capacity: 2, says, policy: policyWith({}), manner: healthy });
    expect(course).toMatchObject({ state: "settled", fewestServing: 1, mostInstances: 2 });
    expect(course.record.replicas.map(({ deployment }) => deployment)).toEqual([1, 1]);
    expect(course.record.verdict).toBeNull();
  });

  it("is away only where there is but one", () => {
    const course = follow(edited("stop-first", { count: 1 }), { capacity: 1, policy: policyWith({}) });
    expect(course).toMatchObject({ state: "settled", fewestServing: 0, mostInstances: 1 });
  });

  it("takes a second place first where there is one after all", () => {
    const course = follow(edited("stop-first"), { capacity: 3, policy: policyWith({}) });
    expect(course).toMatchObject({ state: "settled", fewestServing: 2, mostInstances: 3 });
  });

  it.each([
    { count: 1, least: 0 },
    { count: 2, least: 1 },
    { count: 3, least: 1 },
    { count: 4, least: 2 },
    { count: 5, least: 2 },
  ])("a whole run of $count takes over once it serves as much as is left of the other", ({ count, least }) => {
    const record = edited("stop-first", { count, replacement: "whole-run" });
    const course = follow(record, { capacity: count, policy: policyWith({}) });
    expect(course).toMatchObject({ state: "settled", fewestServing: least, mostInstances: count });
    expect(record.target?.floor).toBe(least);
  });

  it("exchanges what there is where more is wanted than there is room for", () => {
    const spec = specOf({ replicas: { min: 4, max: 4 }, probes: [healthProbe], commands: ["new"] });
    const acceptance = { by: "me", planId: "", now, generation: 4, strategy: "stop-first" } as const;
    const record = acceptRevision(settled({ replicas: two }), revisionOf(spec), "where-jobs-differ", acceptance);
    const course = follow(record, { capacity: 2, policy: policyWith({}) }, 300);
    expect(course).toMatchObject({ state: "waiting", fewestServing: 1, mostInstances: 2 });
    expect(course.record.replicas.map(({ deployment }) => deployment)).toEqual([1, 1]);
    expect(course.record).toMatchObject({ current: 1, verdict: { code: "no-capacity" } });
  });

  it("a bad revision costs one replica, and only for as long as it takes to see it", () => {
    const world = { capacity: 2, policy: policyWith({ startup: 20 }), manner: newIs({ readyAfter: Infinity }) };
    const course = follow(edited("stop-first"), world);
    expect(course).toMatchObject({ state: "failed", fewestServing: 1 });
    expect(course.record).toMatchObject({ current: 0, verdict: { code: "unhealthy" } });
    expect(course.record.replicas.map(({ deployment }) => deployment)).toEqual([0, 0]);
  });

  describe("for want of money", () => {
    const dear = { ...edited("stop-first"), replicas: settled({ replicas: two }).replicas.map(costing(1)) };
    const within = (hourly: number | null, monthly: number | null = null): Policy => ({
      ...policyWith({}),
      budget: { hourly, monthly },
    });

    it("exchanges one for one where a budget pays for exactly what runs", () => {
      const course = follow(dear, { capacity: 9, price: 1, policy: within(2) });
      expect(course).toMatchObject({ state: "settled", fewestServing: 1, mostInstances: 2 });
      expect(course.record.replicas.map(({ deployment }) => deployment)).toEqual([1, 1]);
      expect(course.steps.filter((step) => step.startsWith("verdict"))).toEqual([]);
    });

    it("takes a second place first where there is money for it after all", () => {
      const course = follow(dear, { capacity: 9, price: 1, policy: within(3) });
      expect(course).toMatchObject({ state: "settled", fewestServing: 2, mostInstances: 3 });
    });

    it("lets the one go that pays for its successor", () => {
      const [first, second] = dear.replicas.map((each, index) => costing(index === 0 ? 1.6 : 0.4)(each));
      if (first === undefined || second === undefined) throw new Error("two replicas run");
      const record = { ...dear, replicas: [first, second] };
      const course = follow(record, { capacity: 9, price: 1, policy: within(2) });
      expect(course).toMatchObject({ state: "settled", fewestServing: 1, mostInstances: 2 });
      expect(course.steps.find((step) => step.startsWith("terminate"))).toMatch(/^terminate 0\/0/);
    });

    it.each([
      { what: "its successor costs more than that frees", policy: within(2), price: 1.5, capacity: 9 },
      { what: "the month's money is spent", policy: within(null, 1), price: 1, capacity: 9 },
      { what: "the month's money is spent, and nobody has room", policy: within(null, 1), price: 1, capacity: 2 },
    ])("stops nothing where $what", ({ capacity, price, policy }) => {
      const course = follow(dear, { capacity, price, policy }, 300);
      expect(course).toMatchObject({ state: "waiting", fewestServing: 2, mostInstances: 2 });
      expect(course.record.verdict?.code).toBe(capacity === 2 ? "no-capacity" : "over-budget");
    });
  });

  it("what its place went to is not waited for for ever: the old one comes back", () => {
    const full = { capacity: 2, fullFrom: 0, says: false, policy: policyWith({ startup: 60, deadline: 3600 }) };
    const course = follow(edited("stop-first"), full, 1000);
    expect(course.record).toMatchObject({ current: 0, verdict: { code: "no-capacity" } });
    expect(course.record.deployments.at(-1)?.gaveUpAt).toBeDefined();
    expect(course.fewestServing).toBe(1);
  });
});

describe("surge without room", () => {
  const full = { capacity: 2, policy: policyWith({ deadline: 300 }) };

  it("waits, costs nothing that serves, and is given up at its deadline", () => {
    const course = follow(edited("surge"), full);
    expect(course).toMatchObject({ state: "failed", fewestServing: 2 });
    expect(course.record).toMatchObject({ current: 0, verdict: { code: "no-capacity" }, quarantined: [] });
    expect(course.seconds).toBeGreaterThanOrEqual(300);
    expect(course.record.replicas.map(({ deployment }) => deployment)).toEqual([0, 0]);
  });

  it("goes back from half of it, too", () => {
    // One is exchanged, and then nothing more can be had: neither for going on nor for coming back.
    const course = follow(edited("surge"), { ...full, capacity: 3, fullFrom: 7 }, 1000);
    expect(course).toMatchObject({ fewestServing: 2 });
    expect(course.record).toMatchObject({ current: 0, verdict: { code: "no-capacity" } });
    expect(course.record.replicas.filter(({ readyAt }) => readyAt !== null)).toHaveLength(2);
  });

  it("a service's own `retry` says how long", () => {
    const retry = { on_events: ["no-capacity"], duration: 100 } as const;
    const spec = specOf({ replicas: two, probes: [healthProbe], commands: ["new"], retry });
    const record = acceptRevision(settled({ retry }), revisionOf(spec), "where-jobs-differ", {
      by: "me",
      planId: "",
      now,
      generation: 4,
    });
    expect(follow(record, full).seconds).toBeLessThan(150);
  });

  it("is tried again by `retry`, and goes through where there is room by then", () => {
    const { record } = follow(edited("surge"), full);
    const again = acceptRetry(record, { by: "me", planId: "", now, generation: 5 });
    expect(again).not.toBeNull();
    if (again === null) return;
    const course = follow(again, { capacity: 3, policy: policyWith({}) });
    expect(course).toMatchObject({ state: "settled", fewestServing: 2 });
    expect(course.record).toMatchObject({ current: 2, verdict: null });
  });
});

describe("blue-green", () => {
  const record = edited("blue-green", { replacement: "whole-run" });

  it("takes over all at once, and the old run stands by for a while", () => {
    const course = follow(record, { capacity: 4, policy: policyWith({ hold: 60 }) });
    expect(course).toMatchObject({ state: "settled", fewestServing: 2, mostInstances: 4 });
    const at = (what: string) => Number(course.steps.find((step) => step.startsWith(what))?.split(" at ")[1]);
    expect(at("drain 0/0") || at("terminate 0/0")).toBeGreaterThanOrEqual(at("route") + 60);
  });

  it("goes back at once when the new run turns bad while the old one stands by", () => {
    const world = { capacity: 4, policy: policyWith({ hold: 60 }), manner: newIs({ sickAfter: 20 }) };
    const course = follow(record, world);
    expect(course.record).toMatchObject({ current: 0, run: 1, verdict: { code: "unhealthy" } });
    // The same old replicas: none was started again.
    expect(course.record.replicas.map(({ token }) => token)).toEqual(record.replicas.map(({ token }) => token));
    expect(course.fewestServing).toBe(2);
  });

  it("replaces a new replica that is lost while the old run stands by", () => {
    const course = follow(record, { capacity: 4, policy: policyWith({ hold: 0 }) });
    expect(course.record.replicas.every(({ deployment }) => deployment === 1)).toBe(true);
  });
});

describe("canary", () => {
  const steps = (...given: readonly object[]) => ({
    canary: {
      ...defaultPolicy.rollout.canary,
      steps: given.map((step) => ({ replicas: null, share: null, pause: 60, ...step })),
    },
  });
  const well = { requests: 100, errors: 1, seconds: 0.2 };

  it("watches each step for its pause, and then exchanges the rest", () => {
    const policy = policyWith(steps({ replicas: 1 }, { share: 0.5 }));
    const course = follow(edited("canary", { count: 4 }), { capacity: 9, policy });
    expect(course).toMatchObject({ state: "settled", fewestServing: 4, mostInstances: 5 });
    const starts = course.steps
      .filter((step) => step.startsWith("provision"))
      .map((step) => Number(step.split(" at ")[1]));
    expect(starts).toHaveLength(4);
    const [first = 0, second = 0, third = 0, fourth = 0] = starts;
    expect(second - first).toBeGreaterThanOrEqual(60);
    expect(third - second).toBeGreaterThanOrEqual(60);
    expect(fourth - third).toBeLessThan(30);
  });

  it.each([
    { held: false, notes: ["the canary kept well: the rest follows"] },
    { held: true, notes: [] },
  ])("goes on after its pause, but not while the brake holds (held: $held)", ({ held, notes }) => {
    const record = edited("canary");
    const ago = toTimestamp(now - 120_000);
    const canary = { step: 0, since: ago, replicas: 1, share: null };
    const watched = {
      ...record,
      deployments: record.deployments.map((each) => (each.num === 1 ? { ...each, canary } : each)),
      replicas: [...record.replicas, fresh(2, 1)],
      ...(held ? { brake: { givenUp: [], heldSince: ago } } : {}),
    };
    const context = { observed: allWell(watched), policy: policyWith(steps({ replicas: 1 })), now };
    const after = stepCanary({ record: watched, notes: [], wakeAt: null }, context);
    expect(after.notes.map(({ detail }) => detail)).toEqual(notes);
  });

  it("keeps the old one beside a canary of a service that has but one", () => {
    const policy = policyWith(steps({ share: 0.1 }));
    const course = follow(edited("canary", { count: 1 }), { capacity: 9, policy });
    expect(course).toMatchObject({ state: "settled", fewestServing: 1, mostInstances: 2 });
    const at = (what: string) => Number(course.steps.find((step) => step.startsWith(what))?.split(" at ")[1]);
    expect(at("terminate 0/0")).toBeGreaterThanOrEqual(at("ready") + 60);
  });

  it.each([
    { what: "fails more requests", bad: { requests: 50, errors: 10, seconds: 0.2 }, says: "failed 20% of 50 requests" },
    { what: "takes longer", bad: { requests: 50, errors: 0, seconds: 0.9 }, says: "took 0.90 s for a request" },
  ])("one that $what than what runs goes back, with the figures", ({ bad, says }) => {
    const policy = policyWith(steps({ replicas: 1 }));
    const manner = (deployment: number) => ({ traffic: deployment === 0 ? well : bad });
    const course = follow(edited("canary"), { capacity: 9, policy, manner });
    expect(course).toMatchObject({ state: "failed", fewestServing: 2 });
    expect(course.record).toMatchObject({
      current: 0,
      verdict: { code: "unhealthy", evidence: { traffic: { new: bad, old: { requests: 200, errors: 2 } } } },
    });
    expect(course.record.verdict?.message).toContain(says);
  });

  it.each([
    { what: "too few requests", bad: { requests: 19, errors: 19, seconds: 9 } },
    { what: "a little more of a very little", bad: { requests: 100, errors: 5, seconds: 0.22 } },
  ])("is not turned down by $what", ({ bad }) => {
    const policy = policyWith(steps({ replicas: 1 }));
    const manner = (deployment: number) => ({ traffic: deployment === 0 ? well : bad });
    expect(follow(edited("canary"), { capacity: 9, policy, manner }).state).toBe("settled");
  });

  it("one that is turned down with nothing earlier to go back to stays at its step", () => {
    const policy = policyWith(steps({ replicas: 1 }));
    const manner = (deployment: number) => ({ traffic: deployment === 0 ? well : { ...well, errors: 50 } });
    const record = edited("canary");
    const deployments = record.deployments.map((deployment) => ({ ...deployment, settledAt: null }));
    const world = { capacity: 9, policy, manner };
    const turnedDown = follow({ ...record, deployments }, world);
    expect(turnedDown).toMatchObject({ state: "failed", record: { current: 1, verdict: { code: "unhealthy" } } });
    // Whoever looks later, when the step's pause would be over.
    const watched = turnedDown.record.deployments.map((deployment) =>
      deployment.canary === undefined
        ? deployment
        : { ...deployment, canary: { ...deployment.canary, since: "2020-01-01T00:00:00.000Z" } },
    );
    const later = follow({ ...turnedDown.record, deployments: watched }, world);
    expect(later.record.deployments.at(-1)).toMatchObject({ canary: { step: 0 } });
    expect(later.record.deployments.at(-1)?.canaryEndedAt).toBeUndefined();
  });

  it("goes on where another run left it, whatever the policy says by then", () => {
    const policy = policyWith(steps({ replicas: 1 }, { replicas: 2 }));
    const half = follow(edited("canary", { count: 4 }), { capacity: 9, policy }, 30);
    expect(half.record.deployments.at(-1)?.canary).toMatchObject({ step: 0, replicas: 1 });
    const rest = follow(half.record, { capacity: 9, policy: policyWith(steps({ replicas: 1 })) });
    expect(rest).toMatchObject({ state: "settled", fewestServing: 4 });
  });
});

describe("chooseStrategy()", () => {
  const plain = { shortage: null, bringsBack: false };
  const record = settled();
  const none = { offers: [], taken: [], lack: null, refusal: null };
  const full = { ...none, taken: [{ ...offer, headroom: 0 }] };
  const roomy = { ...none, offers: [offer] };
  const tight = { ...none, offers: [{ ...offer, headroom: 1 }] };

  it.each([
    { name: "room", supply: roomy, replacement: "where-jobs-differ", expected: "surge" },
    { name: "a full host that runs it", supply: full, replacement: "where-jobs-differ", expected: "stop-first" },
    { name: "no offer at all", supply: none, replacement: "where-jobs-differ", expected: "surge" },
    {
      name: "wishes that turn everything down",
      supply: { ...full, lack: "every offer is turned down by `max_price: 1`" },
      replacement: "where-jobs-differ",
      expected: "surge",
    },
    {
      name: "only other backends with something in use",
      supply: { ...none, taken: [{ ...offer, backend: "cloud", headroom: 0 }] },
      replacement: "where-jobs-differ",
      expected: "surge",
    },
    { name: "room for one, one needed", supply: tight, replacement: "where-jobs-differ", expected: "surge" },
    { name: "room for one, two needed", supply: tight, replacement: "whole-run", expected: "stop-first" },
  ] as const)("with $name: $expected", ({ supply, replacement, expected }) => {
    const choice = chooseStrategy(defaultPolicy, { record, replacement, wanted: 2, supply, ...plain });
    expect(choice).toMatchObject({ strategy: expected, replacement });
  });

  it.each([
    { strategy: "canary", replacement: "where-jobs-differ", expected: { strategy: "canary" } },
    { strategy: "canary", replacement: "whole-run", expected: { strategy: "surge" } },
    {
      strategy: "blue-green",
      replacement: "where-jobs-differ",
      expected: { strategy: "blue-green", replacement: "whole-run" },
    },
    { strategy: "stop-first", replacement: "whole-run", expected: { strategy: "stop-first" } },
    { strategy: "surge", replacement: "where-jobs-differ", expected: { strategy: "surge" } },
  ] as const)("the policy's $strategy of $replacement", ({ strategy, replacement, expected }) => {
    const choice = chooseStrategy(policyWith({ strategy }), {
      record,
      replacement,
      wanted: 2,
      supply: full,
      ...plain,
    });
    expect(choice).toMatchObject(expected);
  });
});

describe("a lack that is no exchange", () => {
  it("a service that grows keeps what it got, and goes on asking", () => {
    const spec = specOf({ replicas: { min: 5, max: 5 }, probes: [healthProbe] });
    const acceptance = { by: "me", planId: "", now, generation: 4 };
    const record = acceptRevision(settled({ replicas: two }), revisionOf(spec), "where-jobs-differ", acceptance);
    const course = follow(record, { capacity: 4, policy: policyWith({ deadline: 60 }) }, 600);
    expect(course).toMatchObject({ state: "waiting", fewestServing: 2 });
    expect(course.record).toMatchObject({ current: 1, verdict: { code: "no-capacity" } });
    expect(course.record.replicas.map(({ deployment }) => deployment)).toEqual([1, 1, 1, 1]);
  });

  it("going back from a rollout that also grew brings the number within the old bounds", () => {
    const scaling = { metric: "rps", target: 1, window: 60, scale_up_delay: 300, scale_down_delay: 600 } as const;
    const old = {
      ...settled({ replicas: { min: 2, max: 3 }, scaling }),
      scaled: { count: 2, at: "2026-01-01T00:00:00Z" },
    };
    const spec = specOf({ replicas: { min: 5, max: 6 }, probes: [healthProbe], commands: ["new"], scaling });
    const acceptance = { by: "me", planId: "", now, generation: 4 };
    const record = acceptRevision(old, revisionOf(spec), "where-jobs-differ", acceptance);
    const world = { capacity: 9, policy: policyWith({ startup: 20 }), manner: newIs({ readyAfter: Infinity }) };
    const course = follow(record, world, 600);
    expect(course.record.scaled?.count).toBe(3);
    expect(course).toMatchObject({ state: "failed", fewestServing: 2 });
    expect(course.record.replicas).toHaveLength(3);
  });
});

it.each([
  { what: "is taken back by its provider", overrides: { status: "exited", interrupted: true, exitCode: 137 } },
  { what: "is out of reach", overrides: { status: "unreachable" } },
] as const)("a new revision is not blamed for a replica that $what", ({ overrides }) => {
  const record = edited("surge");
  const withNew = { ...record, attempts: 3, replicas: [...record.replicas, fresh(2, 1)] };
  const bad = instanceOf(fresh(2, 1), overrides);
  const observed = allWell(withNew, {
    instances: new Map([...allWell(withNew).instances, [bad.token, bad]]),
    probes: new Map([...allWell(withNew).probes, [bad.token, [failing(5)]]]),
  });
  const decision = decide(withNew, { observed, policy: defaultPolicy, now });
  expect(decision.record).toMatchObject({ current: 1, verdict: null, quarantined: [] });
});

it("of those that fail the one that has failed for longest is let go first, and of those that are well the newest number", () => {
  const record = settled({ replicas: { min: 4, max: 4 } });
  const [zero, one, two_, three] = record.replicas.map(({ token }) => token);
  const probes = new Map([...allWell(record).probes, [one, [failing(9)]], [three, [failing(1)]]]).entries();
  const known = new Map([...probes].flatMap(([token, streaks]) => (token === undefined ? [] : [[token, streaks]])));
  const observed = allWell(record, { probes: known });
  const order = leastImportant(record.replicas, { observed, policy: policyWith({}), now });
  expect(order.map(({ token }) => token)).toEqual([one, three, two_, zero]);
});
