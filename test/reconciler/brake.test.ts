import { describe, expect, it } from "vitest";

import type { Policy } from "../../src/config/settings.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptCasualties, acceptRemoval } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { Decision } from "../../src/reconciler/decide.ts";
import { noOthers } from "../../src/reconciler/decide/others.ts";
import { guardOf } from "../../src/reconciler/limits.ts";
import { isMaterial } from "../../src/reconciler/material.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, allWell, failing, instanceOf, now, policy, settled } from "../support/decisions.ts";

const minute = 60_000;

/** Six replicas that serve, of ten of the project. */
const six = settled({ replicas: { min: 6, max: 6 } });
const toll = { running: 4, wanted: 4, givenUp: 0 };

interface Scene {
  /** How many of the replicas are listed, the first ones first. */
  readonly seen?: number;
  readonly observed?: Partial<Observed>;
  readonly others?: typeof toll;
  readonly share?: number;
  readonly consent?: number | "all";
  readonly at?: number;
  readonly heal?: Partial<Policy["heal"]>;
}

function pass(
  record: ServiceRecord,
  { seen, observed, others = toll, share = 0.5, consent, at = now, heal }: Scene,
): Decision {
  const well = allWell(record);
  return decide(record, {
    // What is not listed was not asked either, unless a test says what it answered.
    observed: {
      ...well,
      instances: new Map([...well.instances].slice(0, seen)),
      probes: new Map([...well.probes].slice(0, seen)),
      ...observed,
    },
    policy: { ...policy, brake: { ...policy.brake, replicas: share }, heal: { ...policy.heal, ...heal } },
    now: at,
    others: () => ({ ...noOthers, toll: others }),
    consent,
  });
}

function next({ record }: Decision): ServiceRecord {
  if (record === null) throw new Error("the service is gone");
  return record;
}

/** How many are kept as they were, and how many are given up or replaced. */
function counts({ record, actions }: Decision) {
  const replicas = record?.replicas ?? [];
  return {
    running: replicas.filter(({ status }) => status === "running").length,
    started: actions.filter(({ kind }) => kind === "provision").length,
  };
}

it("what the brake holds back it goes on to hold, however few are left beside what has truly gone", () => {
  const four = settled({ replicas: { min: 4, max: 4 } });
  const alone = { running: 0, wanted: 0, givenUp: 0 };
  const held = next(pass(four, { seen: 0, others: alone }));
  expect(held.brake?.heldSince).toBeDefined();
  const [gone, ...rest] = held.replicas;
  if (gone === undefined) throw new Error("expected replicas");
  const error = {
    code: "unreachable",
    exitCode: null,
    message: "is gone",
    at: toTimestamp(now),
    retryAt: toTimestamp(now + minute),
  } as const;
  const three = {
    ...held,
    replicas: [{ ...gone, status: "failed", instance: null, address: null, error } as const, ...rest],
  };
  expect(counts(pass(three, { seen: 0, others: alone, at: now + 5_000 }))).toMatchObject({ running: 3 });
});

describe("the brake", () => {
  it.each<{ name: string; scene: Scene; given: number }>([
    { name: "a few are replaced", scene: { seen: 1 }, given: 5 },
    { name: "more than the share are not", scene: { seen: 0 }, given: 0 },
    { name: "a larger share", scene: { seen: 0, share: 0.6 }, given: 6 },
    { name: "a smaller one", scene: { seen: 4, share: 0.1 }, given: 0 },
    {
      name: "what the others gave up within the hour counts",
      scene: { seen: 1, others: { ...toll, givenUp: 1 } },
      given: 0,
    },
    { name: "of all", scene: { seen: 0, share: 1, others: { ...toll, givenUp: 4 } }, given: 6 },
    { name: "consent to all", scene: { seen: 0, consent: "all" }, given: 6 },
    { name: "consent to as many", scene: { seen: 0, consent: 6 }, given: 6 },
    { name: "consent to fewer", scene: { seen: 0, consent: 5 }, given: 0 },
    { name: "more run elsewhere", scene: { seen: 0, others: { running: 6, wanted: 6, givenUp: 0 } }, given: 6 },
    {
      name: "what only is to run elsewhere is no base",
      scene: { seen: 0, others: { running: 4, wanted: 90, givenUp: 0 } },
      given: 0,
    },
  ])("$name", ({ scene, given }) => {
    expect(counts(pass(six, scene))).toEqual({ running: 6 - given, started: given });
  });

  it("says nothing of a project that has few", () => {
    const none = { running: 0, wanted: 0, givenUp: 0 };
    expect(counts(pass(settled({ replicas: { min: 3, max: 3 } }), { seen: 0, others: none }))).toEqual({
      running: 0,
      started: 3,
    });
    expect(counts(pass(settled({ replicas: { min: 4, max: 4 } }), { seen: 0, others: none }))).toEqual({
      running: 4,
      started: 0,
    });
  });

  it("holds ill replicas back as it does lost ones, and not those that ended by themselves", () => {
    const heal = { unhealthyAfter: 3 };
    const probes = new Map(six.replicas.map(({ token }) => [token, [failing(3)]]));
    expect(counts(pass(six, { observed: { probes }, heal }))).toEqual({ running: 6, started: 0 });
    expect(
      pass(six, { observed: { probes }, heal, share: 0.6 }).record?.replicas.map(({ status }) => status),
    ).not.toContain("running");
    const instances = new Map(
      six.replicas.map((each) => [each.token, instanceOf(each, { status: "exited", exitCode: 1 })]),
    );
    expect(pass(six, { observed: { instances } }).record).toMatchObject({ verdict: null });
    expect(counts(pass(six, { observed: { instances } })).running).toBe(0);
  });

  it("lets a removal, a scale-down and a rollout go on", () => {
    expect(pass(acceptRemoval(six), { seen: 0 }).record).toBeNull();
    const fewer = accepted(six, { replicas: { min: 1, max: 1 } });
    expect(counts(pass(fewer, {})).running).toBe(1);
    const rolling = pass(accepted(six, { replicas: { min: 6, max: 6 }, commands: ["new"] }), { seen: 0 });
    expect(counts(rolling)).toEqual({ running: 6, started: 1 });
    expect(rolling.record?.verdict?.code).toBe("braked");
  });

  it("says why and writes it once, keeps the routes, and forgets it as soon as everything is seen again", () => {
    const held = pass(six, { seen: 0 });
    expect(held).toMatchObject({
      state: "waiting",
      actions: [],
      wakeAt: now + 60 * minute,
      record: {
        replicas: six.replicas,
        brake: { givenUp: [], heldSince: toTimestamp(now) },
        verdict: {
          code: "braked",
          message:
            "6 of 10 running replicas would be given up within an hour as lost or ill, and `policy.brake.replicas` is 50%: " +
            "nothing of it is given up until it is seen again or an hour has passed; consent with `retry web`, or for all services with `tick --allow-destroy 6`",
        },
      },
    });
    expect(held.notes.map(({ event }) => event)).toEqual(["verdict"]);
    const again = pass(next(held), { seen: 0, at: now + minute });
    expect({ notes: again.notes, written: isMaterial(held.record, again.record) }).toEqual({
      notes: [],
      written: false,
    });
    const blind = pass(next(again), {
      seen: 0,
      at: now + minute,
      observed: { blind: new Map([["local", "is away"]]) },
    });
    expect(blind.record?.brake).toEqual(held.record?.brake);
    const elsewhere = six.replicas.map((each) => [each.token, instanceOf(each, { status: "unobservable" })] as const);
    const away = pass(next(again), { at: now + minute, observed: { instances: new Map(elsewhere) } });
    expect(away.record?.brake).toEqual(held.record?.brake);
    const back = pass(next(again), { at: now + 2 * minute });
    expect(back).toMatchObject({ state: "settled", record: { verdict: null, replicas: six.replicas } });
    expect(back.record?.brake).toBeUndefined();
  });

  const silent = { successes: 0, failures: 3, last: { ok: false, status: null, error: "connection refused" } };
  const onHost = (record: ServiceRecord): ServiceRecord => ({
    ...record,
    replicas: record.replicas.map((each) => ({ ...each, address: { kind: "unix", path: `/run/${each.token}` } })),
  });

  it.each([
    { name: "do not answer either", record: six, streak: silent, running: 0 },
    { name: "have not been asked long enough", record: six, streak: { ...silent, failures: 2 }, running: 6 },
    { name: "answer, however badly", record: six, streak: failing(9), running: 6 },
    // Whatever hides them from the listing hides their sockets, too.
    { name: "are reached by a path of this host", record: onHost(six), streak: silent, running: 6 },
  ])("replicas that are listed no more and $name: $running are kept", ({ record, streak, running }) => {
    const probes = new Map(record.replicas.map(({ token }) => [token, [streak]]));
    expect(counts(pass(record, { seen: 0, observed: { probes } })).running).toBe(running);
  });

  it("ends with what it held, once that is lost after all", () => {
    const probes = new Map(six.replicas.map(({ token }) => [token, [failing(3)]]));
    const held = next(pass(six, { seen: 0, observed: { probes } }));
    const gone = pass(held, {
      seen: 0,
      at: now + minute,
      observed: { probes: new Map([...probes].map(([token]) => [token, [silent]])) },
    });
    expect(counts(gone)).toEqual({ running: 0, started: 6 });
    expect(gone.record).toMatchObject({ verdict: null });
    expect(gone.record?.brake?.heldSince).toBeUndefined();
    expect(gone.notes.map(({ detail }) => detail)).toContain("nothing is held back any more");
  });

  it("is asked again on the newest state, though what was given up has been replaced at once", () => {
    // Two of ten are few, as far as is known; another service has given up four meanwhile.
    const decision = pass(six, { seen: 4 });
    expect(counts(decision)).toEqual({ running: 4, started: 2 });
    const guard = guardOf({ before: six, after: decision.record }, { policy, now, consent: undefined });
    const givenUp = [{ at: toTimestamp(now - minute), count: 4 }];
    const tip = (brake: Partial<Pick<ServiceRecord, "brake">>) => {
      const other = { ...settled({ replicas: { min: 4, max: 4 } }), name: "other", ...brake };
      const state = { record: other, intents: [], lease: null };
      return { commit: null, generation: 1, stateId: "s", services: new Map([["other", state]]) };
    };
    expect([guard?.(tip({})), guard?.(tip({ brake: { givenUp } }))]).toEqual([true, false]);
  });

  it("believes it after an hour, or with consent, and remembers what was given up for an hour", () => {
    const held = next(pass(six, { seen: 0 }));
    expect(counts(pass(held, { seen: 0, at: now + 59 * minute })).started).toBe(0);
    expect(counts(pass(held, { seen: 0, at: now + 60 * minute })).started).toBe(6);
    const consented = acceptCasualties(held, { now });
    if (consented === null) throw new Error("nothing is held back");
    const given = pass(consented, { seen: 0, at: now + minute });
    expect(counts(given).started).toBe(6);
    expect(given.record).toMatchObject({ verdict: null });
    expect(given.record?.brake).toEqual({ givenUp: [{ at: toTimestamp(now + minute), count: 6 }] });
    expect(acceptCasualties(six, { now })).toBeNull();
    // Consent is for what was held back, and for nothing after that.
    const after: ServiceRecord = { ...six, brake: given.record?.brake ?? { givenUp: [] } };
    expect(counts(pass(after, { seen: 5, at: now + 60 * minute })).started).toBe(0);
    expect(counts(pass(after, { seen: 5, at: now + 61 * minute })).started).toBe(1);
    expect(accepted(after).brake).toEqual(after.brake);
  });

  it("leaves the verdict of an unhealthy revision as it is", () => {
    const verdict = {
      code: "unhealthy",
      deployment: 0,
      replica: 0,
      message: "m",
      at: toTimestamp(now),
      evidence: {},
    } as const;
    expect(pass({ ...six, verdict }, { seen: 0 }).record).toMatchObject({
      verdict,
      brake: { heldSince: toTimestamp(now) },
    });
  });
});
