import { describe, expect, it } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { ObservedLoad } from "../../src/reconciler/observed.ts";
import type { Scaled } from "../../src/state/progress.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, allWell, now, policy, settled } from "../support/decisions.ts";

const scaling = { metric: "rps", target: 1, window: 60, scale_up_delay: 300, scale_down_delay: 600 } as const;

function ago(seconds: number): string {
  return toTimestamp(now - seconds * 1000);
}

/** A service that serves with `count` replicas, scaled to that a while ago. */
function scaledTo(count: number, since: number, bounds = { min: 0, max: 4 }): ServiceRecord {
  const record = settled({ replicas: { min: count, max: count } });
  const deployments = record.deployments.map((deployment) => ({
    ...deployment,
    spec: { ...deployment.spec, replicas: bounds, scaling },
  }));
  return { ...record, deployments, scaled: { count, at: ago(since) } };
}

function loadOf(requests: number, since = 3600): ObservedLoad {
  return { windows: [{ seconds: 60, requests }], since: now - since * 1000 };
}

function decided(record: ServiceRecord, load: ObservedLoad | null) {
  const decision = decide(record, { observed: allWell(record, { load }), policy, now });
  const replicas = decision.record?.replicas ?? [];
  return {
    count: decision.record?.scaled?.count ?? null,
    started: replicas.filter((replica) => replica.status === "submitted").length,
    leaving: replicas.filter((replica) => replica.status === "terminating").map(({ num }) => num),
    state: decision.state,
  };
}

describe("scale()", () => {
  it.each([
    { name: "grows once the delay is over", count: 2, since: 300, load: loadOf(240), scaled: 4, started: 2 },
    { name: "waits for the delay", count: 2, since: 299, load: loadOf(240), scaled: 2, started: 0 },
    { name: "never grows beyond its most", count: 2, since: 900, load: loadOf(10_000), scaled: 4, started: 2 },
    { name: "grows from zero at once", count: 0, since: 1, load: loadOf(1), scaled: 1, started: 1 },
    { name: "stays where nobody counted", count: 2, since: 9999, load: null, scaled: 2, started: 0 },
    { name: "shrinks once the delay is over", count: 3, since: 600, load: loadOf(60), scaled: 1, leaving: [1, 2] },
    { name: "waits for the delay to shrink", count: 3, since: 599, load: loadOf(60), scaled: 3 },
    { name: "shrinks to zero", count: 2, since: 600, load: loadOf(0), scaled: 0, leaving: [0, 1] },
    {
      name: "takes a gateway that just began to count for no silence",
      count: 2,
      since: 999,
      load: loadOf(0, 59),
      scaled: 2,
    },
    { name: "trusts it after a whole window", count: 2, since: 999, load: loadOf(0, 60), scaled: 0, leaving: [0, 1] },
  ])("$name", ({ count, since, load, scaled, started = 0, leaving = [] }) => {
    const { state: _, ...found } = decided(scaledTo(count, since), load);
    expect(found).toEqual({ count: scaled, started, leaving });
  });

  it("begins with what runs when a fixed count becomes a range", () => {
    const record = accepted(settled({ replicas: { min: 3, max: 3 } }), { replicas: { min: 1, max: 4 }, scaling });
    expect(decided(record, loadOf(0))).toMatchObject({ count: 3, started: 0, leaving: [] });
  });

  it("brings the count into a range that does not have it", () => {
    const record = accepted(settled({ replicas: { min: 4, max: 4 } }), { replicas: { min: 1, max: 2 }, scaling });
    expect(decided(record, null)).toMatchObject({ count: 2 });
  });

  it("holds new bounds at once, though nobody counts", () => {
    const narrower = accepted(scaledTo(4, 10, { min: 1, max: 10 }), { replicas: { min: 1, max: 2 }, scaling });
    expect(decided(narrower, null).count).toBe(2);
    const awake = accepted(scaledTo(0, 10), { replicas: { min: 2, max: 3 }, scaling });
    expect(decided(awake, null)).toMatchObject({ count: 2, started: 2 });
  });

  it("forgets the count with the range", () => {
    const before: Scaled = { count: 2, at: ago(10) };
    const record = { ...accepted(settled(), { replicas: { min: 2, max: 2 } }), scaled: before };
    expect(decided(record, loadOf(600))).toMatchObject({ count: null, started: 0, leaving: [] });
  });

  it("does not shrink while a rollout exchanges what serves", () => {
    const serving = scaledTo(3, 9999);
    const record = accepted(serving, { commands: ["new"], replicas: { min: 0, max: 4 }, scaling });
    expect(decided(record, loadOf(0))).toMatchObject({ count: 3, leaving: [] });
  });

  it("settles at zero as unproven, and follows nothing further", () => {
    expect(decided(scaledTo(0, 10), loadOf(0))).toEqual({ count: 0, started: 0, leaving: [], state: "unproven" });
  });
});
