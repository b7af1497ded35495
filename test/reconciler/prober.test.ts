import { describe, expect, it } from "vitest";

import type { ProbeSpec } from "../../src/config/spec.ts";
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

describe("what is doubted", () => {
  const answers = (status: number): ProbeAnswer => ({ ok: status === 200, status, error: null });
  /** When it is asked, in seconds, and with which timeouts, of a prober that is told of it what is given. */
  const asked = (probes: readonly ProbeSpec[], status = 200) => {
    const clock = createVirtualClock(0);
    const askedAt: number[] = [];
    const timeouts = new Set<number>();
    const world = {
      clock,
      async probe(_: unknown, { timeout }: ProbeSpec) {
        askedAt.push(clock.now() / 1000);
        timeouts.add(timeout);
        return answers(status);
      },
    };
    const prober = createProber(world, () => {});
    const until = (second: number): Promise<void> => clock.runUntil(() => false, second * 1000);
    const follow = (isDoubted?: boolean): void =>
      prober.follow([{ ...replica, probes, wasReady: true, ...(isDoubted === undefined ? {} : { isDoubted }) }]);
    return { prober, askedAt, timeouts, until, follow, streak: () => prober.streaks(replica.token)[0] };
  };

  it("is asked anew and often until it was heard, and in its own time again afterwards", async () => {
    const { prober, askedAt, until, follow, streak } = asked([]);
    follow(false);
    await until(60);
    expect(askedAt).toEqual([0]);
    follow(true);
    expect(streak()).toEqual({ successes: 0, failures: 0, last: null });
    await until(90);
    expect(askedAt.slice(1)).toEqual([60, 62, 64, 79]);
    // A listing that fails says nothing of what it would have shown.
    follow();
    expect(streak()?.successes).toBe(4);
    follow(false);
    await until(120);
    prober.stop();
    expect(askedAt.slice(5)).toEqual([90]);
  });

  it("is not told by a probe that need not answer once it served, and is heard in a tick's time", async () => {
    const startup = asked([{ ...probe, until_ready: true, interval: 30, timeout: 300 }], 503);
    startup.follow(true);
    await startup.until(5);
    expect(startup.streak()).toMatchObject({ successes: 3, failures: 0 });
    startup.prober.stop();
    expect(startup.streak).not.toThrow();
    expect([...startup.timeouts]).toEqual([60]);
    expect(startup.askedAt).toEqual([0, 2, 4]);
  });
});
