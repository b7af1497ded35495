import { describe, expect, test } from "vitest";

import { stateDiffText } from "../../src/report/state-diff-text.ts";
import { painter } from "../../src/report/style.ts";
import type { ServiceRecord, ServiceState } from "../../src/state/record.ts";
import { diffStates } from "../../src/state/state-diff.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { intentOf, leaseOf, recordOf } from "../support/state-values.ts";

const at = "2026-01-02T05:00:00.000Z";

function stateOf(generation: number, services: Readonly<Record<string, Partial<ServiceState>>>): Snapshot {
  const none: ServiceState = { record: null, intents: [], lease: null };
  const states = Object.entries(services).map(([name, state]) => [name, { ...none, ...state }] as const);
  return { commit: `c${generation}`, generation, stateId: "s", services: new Map(states) };
}

function between(before: Partial<ServiceState>, after: Partial<ServiceState>): string {
  return stateDiffText(diffStates(stateOf(1, { web: before }), stateOf(2, { web: after })), painter(false));
}

const base = recordOf("web");
const [replica] = base.replicas;
if (replica === undefined || base.target === null) throw new Error("the record has a replica and a target");
const { target } = base;

describe("what differs between two states", () => {
  test.for([
    {
      what: "an acceptance",
      change: {
        target: { ...target, deployment: 1, commit: "0123456789abcdef", by: "ada", acceptedAt: at },
        current: 1,
      },
      lines: [
        `~ target: deployment 0 from the work tree, accepted by test at 2026-01-02T03:04:05.000Z → deployment 1 from commit 0123456789ab, accepted by ada at ${at}`,
        "~ works towards: deployment 0 → deployment 1",
      ],
    },
    {
      what: "an accepted removal",
      change: { target: null },
      lines: ["~ target: deployment 0 from the work tree, accepted by test at 2026-01-02T03:04:05.000Z → its removal"],
    },
    {
      what: "a replica that changed",
      change: { replicas: [{ ...replica, deployment: 1, status: "terminating" as const }] },
      lines: ["~ replica 0: deployment 0, running → deployment 1, terminating"],
    },
    {
      what: "a replica that took the place of another",
      change: { replicas: [{ ...replica, token: "web-1-2", price: 0.5, readyAt: null }] },
      lines: [
        "- replica 0: deployment 0, running, ready, on local",
        "+ replica 0: deployment 0, running, on local, $0.5/h",
      ],
    },
    {
      what: "a verdict",
      change: {
        verdict: { code: "unhealthy" as const, deployment: 0, replica: 0, message: "it is ill", at, evidence: {} },
      },
      lines: ["+ verdict: unhealthy (it is ill)"],
    },
    { what: "a pause", change: { paused: { at, by: "ada" } }, lines: [`+ paused: by ada since ${at}`] },
    {
      what: "a quarantine",
      change: { quarantined: [{ fingerprint: target.fingerprint, acceptance: 1, deployment: 3, at }] },
      lines: ["+ quarantined: deployment 3"],
    },
    { what: "scaling", change: { scaled: { count: 4, at } }, lines: ["+ scaled to: 4 replicas"] },
    {
      what: "money",
      change: { spent: { month: "2026-01", amount: 1.25 } },
      lines: ["+ ended replicas cost: $1.25 in 2026-01"],
    },
    {
      what: "a window",
      change: { window: { openedAt: at, seenAt: at, closedAt: null } },
      lines: [`+ its time: began at ${at}`],
    },
    {
      what: "the brake",
      change: { brake: { givenUp: [], heldSince: at } },
      lines: [`+ brake: holds back since ${at}`],
    },
  ] satisfies readonly { what: string; change: Partial<ServiceRecord>; lines: readonly string[] }[])(
    "$what",
    ({ change, lines }) => {
      const text = between({ record: base }, { record: { ...base, ...change } });
      expect(text.split("\n")).toEqual([
        "From g1 to g2, of services: 1 changed.",
        "",
        "~ web",
        ...lines.map((line) => `    ${line}`),
      ]);
    },
  );

  test("leases and open calls, and not that a lease goes on", () => {
    const [lease, later] = [leaseOf("a", 1), { ...leaseOf("a", 1), deadline: "2026-01-02T04:00:00.000Z" }];
    expect(between({ record: base, lease }, { record: base, lease: later })).toBe(
      "g1 and g2 say the same of every service.",
    );
    expect(
      between({ record: base }, { record: base, lease, intents: [intentOf("web", 2)] })
        .split("\n")
        .slice(3),
    ).toEqual([
      "    + lease: run on host host (fence 1)",
      "    + open call: provision web-1-2 on local since 2026-01-02T03:04:05.000Z",
    ]);
  });

  test("services that came and went, by name", () => {
    const [before, after] = [
      stateOf(1, { old: { record: recordOf("old") } }),
      stateOf(2, { api: { record: recordOf("api") } }),
    ];
    expect(stateDiffText(diffStates(before, after), painter(false))).toBe(`From g1 to g2, of services: 1 came, 1 went.

+ api
    + target: deployment 0 from the work tree, accepted by test at 2026-01-02T03:04:05.000Z
    + works towards: deployment 0
    + last settled: deployment 0 at 2026-01-02T03:04:05.000Z
    + replica 0: deployment 0, running, ready, on local

- old
    - target: deployment 0 from the work tree, accepted by test at 2026-01-02T03:04:05.000Z
    - works towards: deployment 0
    - last settled: deployment 0 at 2026-01-02T03:04:05.000Z
    - replica 0: deployment 0, running, ready, on local`);
  });

  test("is data that says the same", () => {
    const [before, after] = [
      stateOf(1, { web: { record: base } }),
      stateOf(2, { web: { record: { ...base, current: 1 } } }),
    ];
    expect(diffStates(before, after)).toEqual({
      from: { commit: "c1", generation: 1 },
      to: { commit: "c2", generation: 2 },
      services: [{ name: "web", change: "changed", facts: [{ about: "current", before: 0, after: 1 }] }],
    });
    expect(diffStates(before, before).services).toEqual([]);
  });
});
