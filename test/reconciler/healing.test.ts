import { describe, expect, it } from "vitest";

import { defaultPolicy } from "../../src/config/settings.ts";
import type { RetrySpec } from "../../src/config/spec.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRetry } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { isMaterial } from "../../src/reconciler/material.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import { rehearse } from "../../src/reconciler/rehearse.ts";
import { replicaTable } from "../../src/report/replica-table.ts";
import { painter } from "../../src/report/style.ts";
import type { ReplicaError, ServiceRecord } from "../../src/state/record.ts";
import {
  accepted,
  allWell,
  failing,
  instanceOf,
  now,
  offer,
  policy,
  serving,
  settled,
  submitted,
} from "../support/decisions.ts";

function pass(record: ServiceRecord, observed: Partial<Observed> = {}, at = now) {
  const decision = decide(record, { observed: allWell(record, observed), policy, now: at });
  if (decision.record === null) throw new Error("the record is gone");
  return { ...decision, record: decision.record };
}

/** All is well but for the first replica's instance. */
function withFirst(record: ServiceRecord, overrides: Parameters<typeof instanceOf>[1]): Pick<Observed, "instances"> {
  const [first, ...rest] = record.replicas;
  if (first === undefined) throw new Error("no replica");
  const entries = [instanceOf(first, overrides), ...rest.map((replica) => instanceOf(replica))];
  return { instances: new Map(entries.map((entry) => [entry.token, entry])) };
}

describe("a host that does not answer", () => {
  const record = settled();
  const away = withFirst(record, { status: "unreachable" });
  const seen = pass(record, away);

  it("has a grace, which is recorded so that ticks far apart keep it", () => {
    expect(seen).toMatchObject({ actions: [], wakeAt: now + 120_000 });
    expect(seen.record.replicas[0]).toMatchObject({ status: "running", unreachableSince: toTimestamp(now) });
    expect(isMaterial(record, seen.record)).toBe(true);
    const later = pass(seen.record, away, now + 119_000);
    expect(later.record.replicas.map(({ status }) => status)).toEqual(["running", "running"]);
  });

  it("is given up after it, what is left of the replica is ended, and only this one is replaced", () => {
    const over = pass(seen.record, away, now + 120_000);
    expect(over.record.replicas.map(({ num, status }) => `${num} ${status}`)).toEqual([
      "0 terminating",
      "0 submitted",
      "1 running",
    ]);
    expect(over.record.replicas[0]?.error).toMatchObject({ code: "unreachable" });
    expect(over.actions.map(({ kind, replica }) => `${kind} ${replica.num}`)).toEqual(["provision 0"]);
  });

  it("that answers again is as it was", () => {
    const back = pass(seen.record, {}, now + 60_000);
    expect(back.record.replicas[0]).not.toHaveProperty("unreachableSince");
    expect(back).toMatchObject({ state: "settled", actions: [] });
  });
});

it.each(["failed", "terminating"] as const)("two attempts under one number that are %s get one successor", (status) => {
  const [first, second] = settled().replicas;
  if (first === undefined || second === undefined) throw new Error("expected two replicas");
  const since = toTimestamp(now - 60_000);
  const over: ServiceRecord["replicas"][number] = {
    ...second,
    status,
    failures: 1,
    error: { code: "exited", exitCode: 1, message: "exited", at: since, retryAt: since },
    termination: status === "failed" ? null : { reason: "exited", since, drainUntil: since },
    ...(status === "failed" ? { instance: null, address: null } : {}),
  };
  const later = { ...over, token: "web-3-3", failures: 2 };
  const after = pass({ ...settled({ replicas: { min: 3, max: 3 } }), attempts: 3, replicas: [first, over, later] });
  const started = after.record.replicas.filter((replica) => replica.status === "submitted");
  expect(started.map(({ num, failures }) => [num, failures])).toEqual([
    [1, 2],
    [2, 0],
  ]);
});

it("what waits for its next attempt keeps its number: another that is wanted besides comes under a new one", () => {
  const [first, second] = settled().replicas;
  if (first === undefined || second === undefined) throw new Error("expected two replicas");
  const record = accepted(settled(), { replicas: { min: 3, max: 3 } });
  const since = toTimestamp(now - 1_000);
  const ending: ServiceRecord["replicas"][number] = {
    ...second,
    deployment: 1,
    status: "terminating",
    failures: 3,
    error: { code: "exited", exitCode: 1, message: "exited", at: since, retryAt: toTimestamp(now + 30_000) },
    termination: { reason: "exited", since, drainUntil: since },
  };
  const begun = { ...record, replicas: [{ ...first, deployment: 1 }, ending] };
  // Were it an edit's fault, it would be judged by it.
  const deployments = begun.deployments.map((each) => ({ ...each, settledAt: since }));
  const after = pass({ ...begun, deployments });
  expect(after.actions.flatMap(({ kind, replica }) => (kind === "provision" ? [replica.num] : []))).toEqual([2]);
});

it.each([
  { what: "ended by its provider", status: "exited", code: "interrupted" },
  { what: "being taken back", status: "terminating", code: "interrupted" },
] as const)("an instance that is $what was interrupted, not at fault", ({ status, code }) => {
  const record = settled();
  const { record: after } = pass(record, withFirst(record, { status, interrupted: true, exitCode: 137 }));
  expect(after.replicas.map((replica) => replica.error?.code ?? replica.status)).toEqual([
    code,
    "submitted",
    "running",
  ]);
});

describe("`retry`", () => {
  const ago = (seconds: number) => toTimestamp(now - seconds * 1000);
  const failed = (code: ReplicaError["code"], failingSince: string, retry: RetrySpec | false | null): ServiceRecord => {
    const record = settled({ retry });
    const error = { code, retryAt: ago(1), exitCode: 1, message: "exited with code 1", at: ago(16) } as const;
    const first = {
      ...serving(0, 0),
      status: "failed",
      instance: null,
      address: null,
      error,
      failures: 3,
      failingSince,
    } as const;
    return { ...record, replicas: [first, serving(1, 0)] };
  };
  const all = ["no-capacity", "interruption", "error"] as const;

  it.each<{ name: string; record: ServiceRecord; tried: boolean }>([
    { name: "none: for ever", record: failed("exited", ago(1e6), null), tried: true },
    { name: "false: as none", record: failed("exited", ago(1e6), false), tried: true },
    { name: "within", record: failed("exited", ago(3600), { on_events: all, duration: 3600 }), tried: true },
    { name: "beyond", record: failed("exited", ago(3601), { on_events: all, duration: 3600 }), tried: false },
    {
      name: "not listed",
      record: failed("exited", ago(1), { on_events: ["no-capacity", "interruption"], duration: 3600 }),
      tried: false,
    },
    {
      name: "a host that is gone, as an interruption",
      record: failed("unreachable", ago(1), { on_events: ["interruption"], duration: 3600 }),
      tried: true,
    },
    {
      name: "a host that is gone, as an error",
      record: failed("unreachable", ago(1), { on_events: ["error"], duration: 3600 }),
      tried: true,
    },
    {
      name: "interrupted",
      record: failed("interrupted", ago(1), { on_events: ["error"], duration: 3600 }),
      tried: false,
    },
  ])("$name", ({ record, tried }) => {
    const decision = pass(record);
    expect(decision.actions.map(({ kind }) => kind)).toEqual(tried ? ["provision"] : []);
    expect(decision.record.verdict?.code ?? null).toBe(tried ? null : "retry-limit");
    expect(decision.state).toBe(tried ? "working" : "failed");
    // The others serve on.
    expect(decision.record.replicas.find(({ num }) => num === 1)).toEqual(serving(1, 0));
  });

  it("says so once, whatever else is to be had, and is lifted by `retry NAME`", () => {
    const record = failed("exited", ago(3601), { on_events: all, duration: 3600 });
    const { record: limited, notes } = pass(record);
    expect(notes.map(({ event }) => event)).toEqual(["verdict"]);
    const again = pass(limited, {}, now + 60_000);
    expect(again.notes).toEqual([]);
    expect(again.record).toEqual(limited);
    const lifted = acceptRetry(limited, { by: "me", planId: "", now, generation: 5 });
    expect(lifted).not.toBeNull();
    if (lifted !== null) expect(pass(lifted).actions.map(({ kind }) => kind)).toEqual(["provision"]);
  });

  it("counts from the first failure in a row: a minute of being ready ends the row", () => {
    const record = settled();
    const exited = (at: number, since: ServiceRecord) =>
      pass(since, withFirst(since, { status: "exited", exitCode: 1 }), at).record.replicas[0];
    expect(exited(now, record)?.failingSince).toBe(toTimestamp(now));
    const recovering = {
      ...record,
      replicas: record.replicas.map((replica) => ({
        ...replica,
        failures: 2,
        readyAt: ago(59),
        failingSince: ago(100),
      })),
    };
    expect(exited(now, recovering)?.failingSince).toBe(ago(100));
    const stable = { ...recovering, replicas: recovering.replicas.map((each) => ({ ...each, readyAt: ago(60) })) };
    expect(exited(now, stable)).toMatchObject({ failingSince: toTimestamp(now), failures: 1 });
  });
});

it("services have policies of their own", async () => {
  const { policyFor } = await import("../../src/config/settings.ts");
  const heal = { unhealthyAfter: 2, unreachableAfter: 7 };
  const services = { web: { rollout: defaultPolicy.rollout, heal, budget: defaultPolicy.budget } };
  expect(policyFor({ ...defaultPolicy, services }, "web").heal).toBe(heal);
  expect(policyFor({ ...defaultPolicy, services }, "constructor").heal).toBe(defaultPolicy.heal);
});

describe("going back that cannot go on", () => {
  const evidence = { exitCode: 7 };
  const verdict = {
    code: "unhealthy",
    deployment: 1,
    replica: 1,
    message: "replica 1 of deployment 1 exited",
    evidence,
  };
  const rolling = accepted(settled(), { commands: ["new"] });
  const record: ServiceRecord = {
    ...rolling,
    current: 0,
    verdict: { ...verdict, code: "unhealthy", at: toTimestamp(now - 5000) },
    quarantined: [
      { fingerprint: rolling.target?.fingerprint ?? "", acceptance: 2, deployment: 1, at: toTimestamp(now - 5000) },
    ],
    // One is exchanged, and serves.
    replicas: [serving(0, 0), serving(2, 1)],
  };
  const blocked = { supply: { offers: [offer], taken: [], refusal: null, lack: null, missingEnv: ["HF_TOKEN"] } };

  it("is stuck, says for want of what, and leaves what serves", () => {
    const held = pass(record, blocked);
    expect(held).toMatchObject({ state: "failed", actions: [] });
    expect(held.record.verdict).toMatchObject({ code: "stuck", evidence: { exitCode: 7, missing: ["HF_TOKEN"] } });
    expect(held.record.verdict?.message).toContain("no value here for HF_TOKEN");
    expect(held.record.verdict?.message).toContain("replica 1 of deployment 1 exited");
    expect(held.record.replicas).toEqual(record.replicas);
    expect(pass(held.record, blocked, now + 60_000).record).toEqual(held.record);
  });

  it("goes on when what was wanting is there, under the verdict that began it", () => {
    const { record: held } = pass(record, blocked);
    const going = pass(held, {}, now + 60_000);
    expect(going.actions.map(({ kind, replica }) => `${kind} ${replica.deployment}`)).toEqual(["provision 0"]);
    expect(going.record.verdict).toMatchObject(verdict);
    expect(going.record.verdict?.evidence).toEqual(evidence);
  });

  it.each([
    { name: "nothing is offered", offers: [], lack: null, says: "no backend offers an instance now" },
    { name: "wishes leave nothing", offers: [], lack: "every offer is too dear", says: "every offer is too dear" },
  ])("says that it waits where $name, until it goes on", ({ offers, lack, says }) => {
    const dry = { supply: { offers, taken: [], refusal: null, lack, missingEnv: [] } };
    const waiting = pass(record, dry);
    expect(waiting).toMatchObject({ state: "waiting", actions: [] });
    expect(waiting.record.verdict).toEqual({
      ...record.verdict,
      message: `replica 1 of deployment 1 exited; going back to deployment 0 waits: ${says}`,
      evidence: { ...evidence, cause: "replica 1 of deployment 1 exited" },
    });
    expect(pass(waiting.record, dry, now + 60_000).record).toEqual(waiting.record);
    const shown = { record: waiting.record, status: "running", replicas: [] } as const;
    expect(replicaTable([shown], { paint: painter(false), verbose: false, now })).toContain(
      "running (unhealthy, going back waits)",
    );
    const going = pass(waiting.record, {}, now + 60_000);
    expect(going.actions.map(({ kind, replica }) => `${kind} ${replica.deployment}`)).toEqual(["provision 0"]);
    expect(going.record.verdict).toEqual(record.verdict);
  });

  it("ends its rehearsal where nobody has an instance", () => {
    const { end, timeline } = rehearse(record, { policy, now, offers: [] });
    expect(end).toBe("waiting");
    expect(timeline.length).toBeLessThan(10);
  });

  it("says that it waits where an instance was refused, while it is asked for again too", () => {
    const lacking = {
      ...serving(1, 0),
      status: "failed",
      instance: null,
      address: null,
      readyAt: null,
      error: {
        code: "no-capacity",
        retryAt: toTimestamp(now + 15_000),
        exitCode: null,
        message: "sold out",
        at: toTimestamp(now),
      },
      failures: 1,
    } as const;
    const waiting = pass({ ...record, replicas: [serving(0, 0), lacking, serving(2, 1)] });
    const message = "replica 1 of deployment 1 exited; going back to deployment 0 waits: sold out";
    expect(waiting).toMatchObject({ state: "waiting", record: { verdict: { code: "unhealthy", message } } });
    const again = pass(waiting.record, {}, now + 15_000);
    expect(again.actions.map(({ kind, replica }) => `${kind} ${replica.deployment}`)).toEqual(["provision 0"]);
    expect(again.record.verdict?.message).toBe(message);
    const [coming] = again.record.replicas.filter(({ status }) => status === "submitted");
    if (coming === undefined) throw new Error("nothing was asked for");
    const seen = [...allWell(again.record).instances.values(), instanceOf(coming, { status: "provisioning" })];
    const arrived = pass(again.record, { instances: new Map(seen.map((each) => [each.token, each])) }, now + 16_000);
    expect(arrived.record.verdict).toEqual(record.verdict);
  });

  it("is stuck, too, where the old revision does not come to run any more", () => {
    const gone = {
      ...serving(1, 0),
      status: "failed",
      instance: null,
      address: null,
      error: {
        code: "failed-to-start",
        retryAt: toTimestamp(now + 1000),
        exitCode: null,
        message: "no such image",
        at: toTimestamp(now),
      },
      failures: 1,
    } as const;
    const held = pass({ ...record, replicas: [serving(0, 0), gone, serving(2, 1)] });
    expect(held.record.verdict?.message).toContain("replica 1 no such image");
    expect(held).toMatchObject({ state: "failed", wakeAt: now + 1000 });
    expect(held.record.replicas.filter(({ status }) => status === "running")).toHaveLength(2);
  });
});

it.each([
  { seconds: 1799, expected: ["0 provisioning", "1 running"] },
  { seconds: 1800, expected: ["0 terminating", "0 submitted", "1 running"] },
])("an instance that is still being provisioned after $seconds s: $expected", ({ seconds, expected }) => {
  const record = settled();
  const [first, second] = record.replicas;
  if (first === undefined || second === undefined) throw new Error("no replicas");
  const at = toTimestamp(now - seconds * 1000);
  const slow = { ...first, status: "provisioning", submittedAt: at, runningAt: null, readyAt: null } as const;
  const decision = pass({ ...record, replicas: [slow, second] }, withFirst(record, { status: "provisioning" }));
  expect(decision.record.replicas.map(({ num, status }) => `${num} ${status}`)).toEqual(expected);
  if (seconds === 1799) expect(decision.wakeAt).toBe(now + 1000);
  // Its provider is to blame, and not what was to run on it.
  else
    expect(decision.record.replicas[0]?.error).toMatchObject({
      code: "unreachable",
      message: "did not come to run within 1800 s",
    });
});

it("an attempt for which a value was missing where it was to be called for is forgotten: it says nothing of what can be had", () => {
  const record = { ...settled(), attempts: 3, replicas: [serving(0, 0), submitted(1, 0)] };
  const token = record.replicas[1]?.token ?? "";
  const outcomes = new Map([[token, { kind: "uncalled", message: "no value here for HF_TOKEN" } as const]]);
  const missing = { offers: [offer], taken: [], refusal: null, lack: null, missingEnv: ["HF_TOKEN"] };
  const after = pass(record, { outcomes, supply: missing });
  expect(after.record.replicas.map(({ num, status }) => `${num} ${status}`)).toEqual(["0 running"]);
  expect(after.record.verdict?.code).toBe("missing-env");
});

it("a replica that never becomes ready has been failing since it first did not, so that `retry` can give it up", () => {
  const [first, second] = settled().replicas;
  if (first === undefined || second === undefined) throw new Error("expected two replicas");
  const since = toTimestamp(now - 7_200_000);
  const late = { ...second, readyAt: null, runningAt: since };
  const record = { ...settled(), replicas: [first, late] };
  const seen = new Map([...allWell(record).probes, [late.token, [failing(9)]]]);
  const after = pass(record, { probes: seen }).record.replicas.find(({ token }) => token === late.token);
  expect(after).toMatchObject({ error: { code: "unhealthy" }, failingSince: toTimestamp(now) });
  const again = { ...record, replicas: [first, { ...late, failingSince: since }] };
  const next = pass(again, { probes: seen }).record.replicas.find(({ token }) => token === late.token);
  expect(next?.failingSince).toBe(since);
});

it("of two failed attempts under one number the newer is followed, though the older has not gone yet", () => {
  const [first, second] = settled().replicas;
  if (first === undefined || second === undefined) throw new Error("expected two replicas");
  const at = toTimestamp(now - 20_000);
  const error = (retryAt: number) =>
    ({ code: "exited", exitCode: 1, message: "exited", at, retryAt: toTimestamp(retryAt) }) as const;
  const termination = { reason: "exited", since: at, drainUntil: at } as const;
  const older = {
    ...second,
    status: "terminating",
    readyAt: null,
    failures: 2,
    error: error(now - 5_000),
    termination,
  } as const;
  const newer = {
    ...older,
    token: "web-3-9",
    status: "failed",
    instance: null,
    failures: 3,
    error: error(now + 30_000),
    termination: null,
  } as const;
  const record = { ...settled(), attempts: 9, replicas: [first, older, newer] };
  const next = pass(record);
  expect(next.actions.filter(({ kind }) => kind === "provision")).toEqual([]);
  expect(next.record.replicas.find(({ token }) => token === newer.token)).toMatchObject({ failures: 3 });
});
