import { describe, expect, it } from "vitest";

import { createProber, listening } from "../../src/reconciler/prober.ts";
import type { ProbeAnswer } from "../../src/reconciler/world.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";

const ill: ProbeAnswer = { ok: false, status: 503, error: null };
const probe = { ...listening, url: "/health", interval: 1, until_ready: false };
const replica = { token: "web-1-1", address: { kind: "unix", path: "/s" }, probes: [probe], env: () => ({}) } as const;

describe("a prober whose machine was suspended", () => {
  it.each([
    ["between two probes", "sleep"],
    ["during a probe, whose answer is as old", "probe"],
  ] as const)("does not hold what it saw before against a replica: %s", async (_, where) => {
    const clock = createVirtualClock(0);
    /** Failures in a row that are held against the replica when each probe is asked. */
    const held: number[] = [];
    const suspended = async (place: "sleep" | "probe"): Promise<void> => {
      if (place === where && held.length === 5) await clock.sleep(120_000);
    };
    const prober = createProber(
      {
        clock: {
          now: () => clock.now(),
          async sleep(ms) {
            await clock.sleep(ms);
            await suspended("sleep");
          },
        },
        async probe() {
          held.push(prober.streaks(replica.token)[0]?.failures ?? 0);
          await clock.sleep(5);
          await suspended("probe");
          return ill;
        },
      },
      () => {},
    );
    prober.follow([replica]);
    await clock.runUntil(() => held.length === 7, 200_000);
    prober.stop();
    expect(held).toEqual([0, 1, 2, 3, 4, 0, 1]);
  });
});

it.each([
  { wasReady: true, asked: 3 },
  { wasReady: false, asked: 60 },
])(
  "a replica that was ready (wasReady: $wasReady) is asked by its interval, or as soon as it may be ready",
  async (row) => {
    const clock = createVirtualClock(0);
    let asked = 0;
    const world = {
      clock,
      async probe() {
        asked += 1;
        return ill;
      },
    };
    const prober = createProber(world, () => {});
    prober.follow([{ ...replica, wasReady: row.wasReady }]);
    await clock.runUntil(() => false, 2_500);
    prober.stop();
    if (row.wasReady) expect(asked).toBe(row.asked);
    else expect(asked).toBeGreaterThan(row.asked);
  },
);

it("what is doubted is asked anew and often, also once it has answered, and in its own time again afterwards", async () => {
  const clock = createVirtualClock(0);
  const askedAt: number[] = [];
  const world = {
    clock,
    async probe() {
      askedAt.push(clock.now());
      return { ok: true, status: 200, error: null };
    },
  };
  const prober = createProber(world, () => {});
  const slow = { ...replica, probes: [], wasReady: true };
  prober.follow([slow]);
  await clock.runUntil(() => false, 60_000);
  expect(askedAt).toEqual([0]);
  prober.follow([{ ...slow, isDoubted: true }]);
  expect(prober.streaks(replica.token)).toEqual([{ successes: 0, failures: 0, last: null }]);
  await clock.runUntil(() => false, 65_000);
  expect(askedAt.slice(1).map((at) => at - 60_000)).toEqual([0, 2_000, 4_000]);
  prober.follow([slow]);
  await clock.runUntil(() => false, 120_000);
  prober.stop();
  expect(askedAt).toHaveLength(5);
});
