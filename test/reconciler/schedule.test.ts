import { describe, expect, it } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { timeReasons } from "../../src/reconciler/plan-schedule.ts";
import type { Window } from "../../src/state/progress.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, allWell, fresh, policy, settled } from "../support/decisions.ts";
import { healthProbe, specOf } from "../support/specs.ts";

const daily = { schedule: { cron: ["0 8 * * *"] }, max_duration: 7200 } as const;

function at(time: string): number {
  return Date.parse(`2026-01-${time}:00Z`);
}

function opened(time: string, closedAt: string | null = null): Window {
  return { openedAt: toTimestamp(at(time)), seenAt: toTimestamp(at(time)), closedAt };
}

/** A service that serves since long, as an edit of time says that it should. */
function withTime(
  overrides: Partial<ServiceRecord["deployments"][number]["spec"]>,
  window: Window | null,
  since = "01T00:00",
) {
  const record = settled({ replicas: { min: 2, max: 2 } });
  const deployments = record.deployments.map((deployment) => ({
    ...deployment,
    spec: { ...deployment.spec, ...overrides },
  }));
  const target = record.target === null ? null : { ...record.target, acceptedAt: toTimestamp(at(since)) };
  return { ...record, deployments, target, window };
}

function resting(record: ServiceRecord): ServiceRecord {
  return { ...record, replicas: [] };
}

function decided(record: ServiceRecord, now: number) {
  const { record: next, wakeAt, state } = decide(record, { observed: allWell(record), policy, now });
  const replicas = (next?.replicas ?? []).map(({ num, status }) => `${num} ${status}`);
  return { window: next?.window ?? null, replicas, wakeAt: wakeAt === null ? null : toTimestamp(wakeAt), state };
}

describe("a window that is led into, or missed", () => {
  const record = resting(withTime(daily, null));
  const starting = (times: readonly number[]) => ({ ...record, starts: times.map((ready) => ({ run: 100, ready })) });
  const started = starting([10, 300, 200]);
  const probes = [{ ...healthProbe, interval: 10, ready_after: 4 }];
  const slower = { ...resting(withTime({ ...daily, probes }, null)), starts: [{ run: 100, ready: 10 }] };
  const opens = (given: ServiceRecord, time: string, schedule: Partial<typeof policy.schedule>) => {
    const now = Date.parse(`2026-01-${time}Z`);
    const own = { ...policy, schedule: { ...policy.schedule, ...schedule } };
    const decision = decide(given, { observed: allWell(given), policy: own, now });
    return { openedAt: decision.record?.window?.openedAt ?? null, wakeAt: decision.wakeAt, notes: decision.notes };
  };

  it.each([
    { name: "by the median of recorded starts", given: started, schedule: {}, first: "02T07:55:00" },
    { name: "by the middle of two", given: starting([10, 20.5]), schedule: {}, first: "02T07:58:04" },
    { name: "by what its probes ask for now", given: slower, schedule: {}, first: "02T07:57:40" },
    { name: "by none where nothing was recorded", given: record, schedule: {}, first: "02T08:00:00" },
    { name: "by as much as the policy says", given: started, schedule: { lead: 60 }, first: "02T07:59:00" },
    { name: "by nothing", given: started, schedule: { lead: 0 }, first: "02T08:00:00" },
  ])("$name", ({ given, schedule, first }) => {
    const begins = Date.parse(`2026-01-${first}Z`);
    const early = opens(given, toTimestamp(begins - 1000).slice("2026-01-".length, -".000Z".length), schedule);
    expect(early).toMatchObject({ openedAt: null, wakeAt: begins });
    // Its end counts from what the schedule says.
    expect(opens(given, first, schedule).openedAt).toBe("2026-01-02T08:00:00.000Z");
  });

  it("says how far ahead", () => {
    expect(opens(started, "02T07:56:00", {}).notes[0]?.detail).toContain("240 s ahead");
  });

  it.each([
    { time: "02T08:59:59", catchUp: 3600, openedAt: "2026-01-02T08:00:00.000Z" },
    { time: "02T09:00:00", catchUp: 3600, openedAt: null },
    { time: "02T09:59:59", catchUp: null, openedAt: "2026-01-02T08:00:00.000Z" },
    { time: "02T10:00:00", catchUp: null, openedAt: null },
  ])("is caught up within $catchUp s at $time: $openedAt", ({ time, catchUp, openedAt }) => {
    expect(opens(record, time, { catchUp }).openedAt).toBe(openedAt);
  });

  it("without an end is caught up within the limit, too", () => {
    const endless = resting(withTime({ ...daily, max_duration: "off" }, null));
    expect(opens(endless, "02T09:00:00", { catchUp: 3600 }).openedAt).toBeNull();
    expect(opens(endless, "02T08:30:00", { catchUp: 3600 }).openedAt).toBe("2026-01-02T08:00:00.000Z");
  });
});

describe("a schedule", () => {
  const record = resting(withTime(daily, null));

  it.each([
    ["before its time", "02T07:59", null, "2026-01-02T08:00:00.000Z"],
    ["at its time", "02T08:00", "2026-01-02T08:00:00.000Z", null],
    ["late, as it would have been", "02T09:30", "2026-01-02T08:00:00.000Z", null],
    ["after a window that nobody saw", "02T10:00", null, "2026-01-03T08:00:00.000Z"],
  ])("%s", (_, time, openedAt, wakeAt) => {
    const found = decided(record, at(time));
    expect(found.window?.openedAt ?? null).toBe(openedAt);
    expect(found.replicas).toEqual(openedAt === null ? [] : ["0 submitted", "1 submitted"]);
    if (openedAt === null) expect(found.wakeAt).toBe(wakeAt);
  });

  it("records how late it was seen", () => {
    expect(decided(record, at("02T09:30")).window).toEqual({
      openedAt: "2026-01-02T08:00:00.000Z",
      seenAt: "2026-01-02T09:30:00.000Z",
      closedAt: null,
    });
  });

  it("does not begin with occurrences of before it was accepted", () => {
    const late = resting(withTime(daily, null, "02T08:30"));
    expect(decided(late, at("02T09:00"))).toMatchObject({ window: null, replicas: [], state: "unproven" });
  });

  it("ends when its time is over, whoever was late", () => {
    const running = withTime(daily, opened("02T08:00"));
    expect(decided(running, at("02T09:59")).replicas).toEqual(["0 running", "1 running"]);
    const ended = decided(running, at("02T10:00"));
    expect(ended.replicas).toEqual(["0 terminating", "1 terminating"]);
    expect(ended.window).toEqual(opened("02T08:00", toTimestamp(at("02T10:00"))));
  });

  it("opens no window within a window, and one that begins where another ends", () => {
    const hourly = { schedule: { cron: ["0 * * * *"] }, max_duration: 7200 } as const;
    const closed = resting(withTime(hourly, opened("02T08:00", toTimestamp(at("02T10:00")))));
    expect(decided(withTime(hourly, opened("02T08:00")), at("02T09:30")).window).toEqual(opened("02T08:00"));
    expect(decided(closed, at("02T11:59")).window?.openedAt).toBe(toTimestamp(at("02T10:00")));
    expect(decided(closed, at("02T12:00")).window?.openedAt).toBe(toTimestamp(at("02T12:00")));
  });

  it("without a duration stays up once it began", () => {
    const forever = withTime({ schedule: { cron: ["0 8 * * *"] } }, opened("02T08:00"));
    expect(decided(forever, at("09T03:00")).replicas).toEqual(["0 running", "1 running"]);
  });

  it("goes on through an edit of the service", () => {
    const running = withTime(daily, opened("02T08:00"));
    expect(accepted(running, { ...daily, commands: ["new"] }).window).toEqual(opened("02T08:00"));
    expect(accepted(running, { commands: ["new"] }).window).toBe(null);
  });
});

describe("edits of time", () => {
  const closed = opened("02T08:00", toTimestamp(at("02T10:00")));

  it("may take the end away after a window has closed", () => {
    const forever = resting(withTime({ schedule: daily.schedule }, closed, "02T12:00"));
    expect(decided(forever, at("02T13:00"))).toMatchObject({ replicas: [], wakeAt: "2026-01-03T08:00:00.000Z" });
    expect(decided(forever, at("03T08:00")).window?.openedAt).toBe("2026-01-03T08:00:00.000Z");
  });

  it("give a running service its whole time", () => {
    const edited = accepted(settled(), { max_duration: 1800 }, "whole-run");
    const first = decided(edited, Date.parse("2026-01-01T12:00:00Z"));
    expect(first.window).toBe(null);
    expect(first.replicas.filter((replica) => replica.endsWith("running"))).toEqual(["0 running", "1 running"]);
    const rolled = accepted(withTime({ max_duration: 7200 }, null), { max_duration: 7200, commands: ["new"] });
    expect(decided(rolled, Date.parse("2026-01-01T12:30:00Z")).window?.openedAt).toBe("2026-01-01T12:00:00.000Z");
  });

  it("keep what serves in a window when they are taken back", () => {
    const before = withTime({ ...daily, max_duration: 8 * 3600 }, null);
    const back = {
      ...before,
      replicas: before.replicas.map((each) => ({ ...each, runningAt: toTimestamp(at("02T08:01")) })),
    };
    expect(decided(back, at("02T12:00"))).toMatchObject({
      window: { openedAt: "2026-01-02T08:01:00.000Z", closedAt: null },
      replicas: ["0 running", "1 running"],
    });
  });

  it("prove nothing while no replica is wanted", () => {
    const asleep = resting(accepted(withTime(daily, closed), { ...daily, commands: ["new"] }));
    const next = decide(asleep, { observed: allWell(asleep), policy, now: at("02T12:00") }).record;
    expect(next?.deployments.at(-1)?.settledAt).toBe(null);
  });

  it("cost little however many windows were missed", () => {
    const often = { schedule: { cron: ["* * * * *", "* * * * *"] }, max_duration: 30 };
    const missed = resting(withTime(often, null, "01T00:00"));
    expect(decided(missed, at("31T12:00") + 45_000)).toMatchObject({
      replicas: [],
      wakeAt: "2026-01-31T12:01:00.000Z",
    });
  });
});

describe("max_duration without a schedule", () => {
  it("counts from the first replica that ran, and ends for good", () => {
    const record = withTime({ max_duration: 7200 }, null);
    const began = record.replicas[0]?.runningAt ?? "";
    const early = decided(record, Date.parse(began) + 7_199_000);
    expect(early).toMatchObject({ window: { openedAt: began, closedAt: null }, replicas: ["0 running", "1 running"] });
    const late = decided(record, Date.parse(began) + 7_200_000);
    expect(late.replicas).toEqual(["0 terminating", "1 terminating"]);
    const gone = resting({ ...record, window: late.window });
    expect(decided(gone, Date.parse(began) + 9_000_000)).toMatchObject({ replicas: [], state: "unproven" });
  });
});

describe("timeReasons()", () => {
  it.each([
    [{}, []],
    [
      daily,
      [
        "begins next at 2026-01-02T08:00:00.000Z, for 7200 s; within a minute with `watch`, else with the first tick after that",
      ],
    ],
    [
      { schedule: { cron: ["0 0 30 2 *"] } },
      [
        "begins next never: no such day comes, without an end (`max_duration` is off); within a minute with `watch`, else with the first tick after that",
      ],
    ],
    [
      { utilization_policy: { min_gpu_utilization: 10, time_window: 300 } },
      [
        "ended by the next pass once every replica has a GPU that stayed below 10% for 300 s, then down until it is accepted again",
      ],
    ],
    [{ max_duration: 60 }, ["up for 60 s from its first replica on, then down until it is accepted again"]],
  ])("%j", (overrides, texts) => {
    expect(timeReasons(specOf(overrides), at("02T07:00")).map(({ text }) => text)).toEqual(texts);
  });
});

it("going back to what a schedule ran begins no window of its own", () => {
  const rests = resting(withTime(daily, opened("02T08:00", "2026-01-02T10:00:00.000Z")));
  const edit = accepted(rests, { commands: ["new"], schedule: null });
  const exited = {
    code: "exited",
    exitCode: 1,
    message: "exited",
    at: "",
    retryAt: toTimestamp(at("02T13:00")),
  } as const;
  const bad = { ...fresh(0, edit.current), status: "failed", readyAt: null, instance: null, error: exited } as const;
  const now = at("02T12:00");
  const decision = decide({ ...edit, replicas: [bad] }, { observed: allWell(edit), policy, now });
  expect(decision.record).toMatchObject({ current: 0, verdict: { code: "unhealthy" }, window: null });
  expect(decision.actions).toEqual([]);
});
