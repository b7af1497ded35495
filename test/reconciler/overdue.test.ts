import { describe, expect, it } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRemoval } from "../../src/reconciler/accept.ts";
import { dueOf, overdueServices, overdueSince } from "../../src/reconciler/overdue.ts";
import { overdueWarnings } from "../../src/report/overdue-text.ts";
import { statusPages } from "../../src/report/status-pages.ts";
import type { Lease } from "../../src/state/lease-record.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import type { Verdict } from "../../src/state/verdict.ts";
import { settings } from "../simulation/program.ts";
import { accepted, fresh, now, policy, serving, settled, submitted } from "../support/decisions.ts";

const minute = 60_000;
const at = (ms: number) => toTimestamp(now + ms);

function failedUntil(retryAt: number): ReplicaRecord {
  const error = { code: "exited", retryAt: at(retryAt), exitCode: 1, message: "exited", at: at(retryAt) } as const;
  return { ...serving(1, 0), status: "failed", error, failures: 1 };
}

function ending(drainUntil: number): ReplicaRecord {
  const termination = { reason: "replaced", since: at(0), drainUntil: at(drainUntil) } as const;
  return { ...serving(1, 0), status: "terminating", termination };
}

/** A settled service with its second replica in another state. */
function having(replica: ReplicaRecord, overrides: Partial<ServiceRecord> = {}): ServiceRecord {
  return { ...settled(), replicas: [serving(0, 0), replica], ...overrides };
}

/** Up from nine to ten o'clock, every day; `now` is noon. */
const hourly = {
  schedule: { cron: ["0 * * * *"] },
  max_duration: 7_200,
  utilization_policy: { min_gpu_utilization: 10, time_window: 300 },
} as const;
const daily = { schedule: { cron: ["0 9 * * *"] }, max_duration: 3_600 } as const;
const windowOf = (openedAt: number, closed: number | null) => ({
  openedAt: at(openedAt),
  seenAt: at(openedAt),
  closedAt: closed === null ? null : at(closed),
});

const owner = { run: "run 7", attempt: 1, nonce: "n", host: null, boot: null, pid: null, pidStart: null };
const leaseUntil = (deadline: number): Lease => ({
  owner,
  acquiredAt: at(0),
  deadline: at(deadline),
  fence: 1,
  handOver: false,
});

const lacking: Verdict = {
  code: "no-capacity",
  deployment: 0,
  replica: null,
  message: "none",
  at: at(0),
  evidence: {},
};
const quarantined = settled().deployments.map(({ fingerprint, acceptance, num }) => ({
  fingerprint,
  acceptance,
  deployment: num,
  at: at(0),
}));

describe("what is due", () => {
  it.each<{ name: string; record: ServiceRecord; lease?: Lease; due: readonly [number, string] | null }>([
    { name: "nothing of what has settled", record: settled(), due: null },
    {
      name: "another attempt after a failure",
      record: having(failedUntil(2 * minute)),
      due: [2 * minute, "another attempt at replica 1"],
    },
    { name: "no attempt of what was given up", record: having(failedUntil(0), { quarantined }), due: null },
    { name: "no attempt where something lacks", record: having(failedUntil(0), { verdict: lacking }), due: null },
    { name: "the end of a replica", record: having(ending(30_000)), due: [30_000, "the end of replica 1"] },
    {
      name: "the end of a removed service's replica",
      record: acceptRemoval(having(ending(30_000))),
      due: [30_000, "the end of replica 1"],
    },
    {
      name: "a start that nobody finished",
      record: having(submitted(1, 0)),
      due: [20 * minute, "the start of replica 1"],
    },
    {
      name: "a start that usually takes long",
      record: having(submitted(1, 0), { starts: [{ run: 600, ready: 300 }] }),
      due: [45 * minute, "the start of replica 1"],
    },
    {
      name: "an edit that nobody took up",
      record: accepted(settled(), { commands: ["new"] }),
      due: [0, "its rollout"],
    },
    {
      name: "a rollout once its bake is over",
      record: { ...accepted(settled(), { commands: ["new"] }), replicas: [serving(0, 0), serving(1, 0), fresh(2, 1)] },
      due: [1_000, "its rollout"],
    },
    { name: "its first window", record: accepted(null, daily), due: [21 * 60 * minute, "its schedule"] },
    {
      name: "the window after the last",
      record: { ...settled(daily), replicas: [], window: windowOf(-27 * 60 * minute, -26 * 60 * minute) },
      due: [-3 * 60 * minute, "its schedule"],
    },
    {
      name: "the next occurrence after a window that was closed before its time",
      record: { ...settled(hourly), replicas: [], window: { ...windowOf(-60 * minute, -30 * minute), idle: [] } },
      due: [0, "its schedule"],
    },
    {
      name: "nothing while nobody can tell when its GPUs are idle",
      record: { ...settled({ utilization_policy: hourly.utilization_policy }), window: windowOf(-60 * minute, null) },
      due: null,
    },
    {
      name: "the end of its window",
      record: { ...settled(daily), window: windowOf(-3 * 60 * minute, null) },
      due: [-2 * 60 * minute, "the end of its time, by `max_duration`"],
    },
    {
      name: "what a run began, at its lease's end",
      record: settled(),
      lease: leaseUntil(minute),
      due: [minute, "what run 7 began"],
    },
    {
      name: "nothing before the lease of whoever is at it ends",
      record: having(failedUntil(0)),
      lease: leaseUntil(15 * minute),
      due: [15 * minute, "what run 7 began"],
    },
    {
      name: "nothing while it is paused",
      record: having(failedUntil(0), { paused: { at: at(0), by: "me" } }),
      lease: leaseUntil(0),
      due: null,
    },
  ])("is $name", ({ record, lease, due }) => {
    const found = dueOf({ record, intents: [], lease: lease ?? null }, policy);
    expect(found === null ? null : [found.at - now, found.why]).toEqual(due);
  });
});

describe("what is overdue", () => {
  const service = { record: having(failedUntil(0)), intents: [], lease: null };
  const snapshot = { commit: null, generation: 1, stateId: "s", services: new Map([["web", service]]) };

  it("is what was due more than ten minutes ago", () => {
    expect(overdueSince(service, policy, now + 10 * minute)).toBeNull();
    expect(overdueSince(service, policy, now + 10 * minute + 1)?.at).toBe(now);
  });

  it.each([
    { later: 30 * minute, since: "12:00 UTC" },
    { later: 13 * 60 * minute, since: "2026-01-01 12:00 UTC" },
  ])("is warned of with its time: $since", ({ later, since }) => {
    const overdue = overdueServices(snapshot, policy, now + later);
    expect(overdueWarnings(overdue, now + later)).toEqual([
      `warning: web has waited since ${since} (another attempt at replica 1): no tick has come; is the scheduled workflow enabled, or \`watch\` running?`,
    ]);
    expect(overdueWarnings(overdue, now + later, "other")).toEqual([]);
  });

  it("can be told from the status page, which holds no ages", () => {
    expect(statusPages(settings)(snapshot).get("README.md")).toContain(
      `## What is due

Where one of these times is past by more than 10 minutes, no tick has come: is the scheduled workflow enabled, or \`watch\` running?

- web: 2026-01-01T12:00:00.000Z (another attempt at replica 1)`,
    );
  });
});
