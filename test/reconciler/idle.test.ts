import { describe, expect, it } from "vitest";

import type { GpuUse, MachineBackend } from "../../src/backends/backend.ts";
import { jobOf } from "../../src/config/job.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { rehearse } from "../../src/reconciler/rehearse.ts";
import { supplyFor } from "../../src/reconciler/supply.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, allWell, fresh, instanceOf, now, offer, policy, serving, settled } from "../support/decisions.ts";
import { specOf } from "../support/specs.ts";

const minute = 60_000;
const limit = { utilization_policy: { min_gpu_utilization: 10, time_window: 600 } } as const;

/** A measure each 30 s of the last hour, as the percentage that it was so many minutes before `until`. */
function gpu(percent: (minutesAgo: number) => number | null, name = "0", until = now): GpuUse {
  const samples = Array.from({ length: 121 }, (_, index) => {
    const ago = (120 - index) / 2;
    return { at: until - ago * minute, percent: percent(ago) };
  });
  return { gpu: name, samples: samples.flatMap(({ at, percent: of }) => (of === null ? [] : [{ at, percent: of }])) };
}

const idle = gpu(() => 3);
const busy = gpu(() => 80);

/** Two replicas that have served for an hour, of a revision that was accepted before. */
function serves(overrides: Partial<ServiceSpec> = {}): ServiceRecord {
  const record = settled({ ...limit, ...overrides });
  const openedAt = toTimestamp(now - 60 * minute);
  const target = record.target === null ? null : { ...record.target, acceptedAt: openedAt };
  return { ...record, target, window: { openedAt, seenAt: openedAt, closedAt: null } };
}

/** The next pass, with the GPUs of each replica in turn; `null`: nobody has measured them. */
function decided(record: ServiceRecord, gpus: readonly (readonly GpuUse[] | null)[], at = now) {
  const instances = new Map(
    record.replicas.map((replica, index) => {
      const measured = gpus[index] ?? null;
      return [replica.token, instanceOf(replica, measured === null ? {} : { gpus: measured })] as const;
    }),
  );
  const {
    record: next,
    notes,
    wakeAt,
    state,
  } = decide(record, { observed: allWell(record, { instances }), policy, now: at });
  return {
    window: next?.window ?? null,
    ended: (next?.replicas ?? []).every(({ status }) => status === "terminating"),
    said: notes.map(({ detail }) => detail),
    wakesIn: wakeAt === null ? null : wakeAt - at,
    state,
    next,
  };
}

describe("a service whose GPUs are idle", () => {
  it("is ended as at the end of its time, and says which of them were", () => {
    const { ended, window, said, next } = decided(serves(), [[idle], [gpu((ago) => (ago === 4 ? 9 : 0), "GPU-7")]]);
    expect(ended).toBe(true);
    expect(window).toMatchObject({
      closedAt: toTimestamp(now),
      idle: [
        { replica: 0, gpu: "0", highest: 3 },
        { replica: 1, gpu: "GPU-7", highest: 9 },
      ],
    });
    expect(said[0]).toBe(
      "`utilization_policy` ends it: below 10% for 600 s, GPU 0 of replica 0 at 3% at most, GPU GPU-7 of replica 1 at 9% at most",
    );
    const gone = { ...(next ?? serves()), replicas: [] };
    expect(decided(gone, [])).toMatchObject({ window, state: "unproven" });
  });

  it("is ended for one GPU of a replica that has others", () => {
    expect(
      decided(serves(), [
        [busy, idle],
        [idle, busy],
      ]).ended,
    ).toBe(true);
  });

  it("stays as long as every GPU of one replica is used", () => {
    expect(decided(serves(), [[idle], [busy, busy]])).toMatchObject({
      ended: false,
      wakesIn: 10 * minute + 1,
    });
  });

  it.each<[name: string, wakesIn: number | null, use: GpuUse]>([
    ["was used a moment ago", 10 * minute + 1, gpu((ago) => (ago === 0 ? 10 : 0))],
    ["was used within the time", 3 * minute + 1, gpu((ago) => (ago === 7 ? 10 : 0))],
    ["was used when the time began", 1, gpu((ago) => (ago === 10 ? 10 : 0))],
    ["was not measured for a while", 5 * minute, gpu((ago) => (ago > 5 && ago < 8 ? null : 0))],
    ["has been measured for too short", 2 * minute, gpu((ago) => (ago > 7 ? null : 0))],
    ["is not measured now", null, gpu((ago) => (ago < 1.5 ? null : 0))],
    ["has measures that are no numbers", 10 * minute + 1, gpu(() => NaN)],
    ["has no measures", null, { gpu: "0", samples: [] }],
  ])("stays where a GPU %s", (_, wakesIn, use) => {
    expect(decided(serves(), [[idle], [use]])).toMatchObject({ ended: false, wakesIn });
  });

  it.each<[name: string, use: GpuUse]>([
    ["was used before", gpu((ago) => (ago > 10 ? 100 : 0))],
    ["misses one measure", gpu((ago) => (ago === 5 ? null : 0))],
    ["misses the first measures of the time", gpu((ago) => (ago > 9 ? null : 0))],
  ])("is ended where a GPU %s", (_, use) => {
    expect(decided(serves(), [[idle], [use]]).ended).toBe(true);
  });

  it.each([
    ["tells nothing of one of them", [[idle], null]],
    ["gives one of them no GPUs", [[idle], []]],
  ])("stays where its backend %s", (_, gpus) => {
    expect(decided(serves(), gpus)).toMatchObject({ ended: false, wakesIn: null });
  });

  it("stays while a backend is blind", () => {
    const record = serves();
    const instances = new Map(record.replicas.map((each) => [each.token, instanceOf(each, { gpus: [idle] })]));
    const observed = allWell(record, { instances, blind: new Map([["local", "timed out"]]) });
    expect(decide(record, { observed, policy, now }).record).toEqual(record);
  });

  it("stays while one of its hosts does not answer", () => {
    const record = serves();
    const replicas = record.replicas.map((each) => ({ ...each, unreachableSince: toTimestamp(now - minute) }));
    const instances = new Map(
      replicas.map((each) => [each.token, instanceOf(each, { gpus: [idle], status: "unreachable" })]),
    );
    const observed = allWell(record, { instances });
    expect(decide({ ...record, replicas }, { observed, policy, now }).record?.window?.closedAt).toBe(null);
  });

  it("has the whole time from when its replica was ready, its revision was accepted and its window began", () => {
    const recent = toTimestamp(now - 4 * minute);
    const record = serves();
    const [first = serving(0, 0), second = serving(1, 0)] = record.replicas;
    const ready = { ...record, replicas: [first, { ...second, readyAt: recent }] };
    expect(decided(ready, [[idle], [idle]])).toMatchObject({ ended: false, wakesIn: 6 * minute });
    const target = record.target === null ? null : { ...record.target, acceptedAt: recent };
    expect(decided({ ...record, target }, [[idle], [idle]])).toMatchObject({ ended: false, wakesIn: 6 * minute });
    const window = { openedAt: recent, seenAt: recent, closedAt: null };
    expect(decided({ ...record, window }, [[idle], [idle]])).toMatchObject({ ended: false, wakesIn: 6 * minute });
  });

  it("has the whole time from when its rollout settled, or scaling last changed how many there are", () => {
    const recent = toTimestamp(now - 4 * minute);
    const record = serves();
    const deployments = record.deployments.map((each) => ({ ...each, settledAt: recent }));
    expect(decided({ ...record, deployments }, [[idle], [idle]])).toMatchObject({ ended: false, wakesIn: 6 * minute });
    const scaling = { metric: "rps", target: 1, window: 60, scale_up_delay: 300, scale_down_delay: 600 } as const;
    const scaled = { ...serves({ scaling, replicas: { min: 1, max: 3 } }), scaled: { count: 2, at: recent } };
    expect(decided(scaled, [[idle], [idle]])).toMatchObject({ ended: false, wakesIn: 6 * minute });
  });

  it("stays in the pass in which its rollout settles: until then another replica may have been used", () => {
    const record = serves();
    const deployments = record.deployments.map((each) => ({ ...each, settledAt: null }));
    const { ended, next } = decided({ ...record, deployments }, [[idle], [idle]]);
    expect(ended).toBe(false);
    expect(next?.deployments[0]?.settledAt).toBe(toTimestamp(now));
  });

  it("stays while replicas are exchanged", () => {
    const record = accepted(serves(), { ...limit, commands: ["new"] });
    const [old = serving(0, 0)] = record.replicas;
    const target = record.target === null ? null : { ...record.target, acceptedAt: toTimestamp(now - 60 * minute) };
    const window = serves().window;
    const rolling = { ...record, target, window, replicas: [old, serving(1, 1)] };
    expect(decided(rolling, [[idle], [idle]]).window?.closedAt).toBe(null);
  });

  it.each([
    ["a replica was lost that may have been used", 4 * minute, false],
    ["a replica has not come to serve for the whole time", 10 * minute, true],
  ])("where %s", (_, ago, ended) => {
    const record = serves();
    const [first = serving(0, 0), second = serving(1, 0)] = record.replicas;
    const at = toTimestamp(now - ago);
    const error = { code: "exited", exitCode: 1, message: "", at, retryAt: toTimestamp(now + minute) } as const;
    const failed = { ...second, status: "failed", instance: null, address: null, failingSince: at, error } as const;
    const { window } = decided({ ...record, replicas: [first, failed] }, [[idle], null]);
    expect(window?.closedAt !== null).toBe(ended);
  });

  it("stays with one that was asked for again, and that nobody has looked at since", () => {
    const record = serves();
    const [first = serving(0, 0), second = serving(1, 0)] = record.replicas;
    const failingSince = toTimestamp(now - 20 * minute);
    const again = { ...second, status: "submitted", runningAt: null, readyAt: null, failingSince } as const;
    expect(decided({ ...record, replicas: [first, again] }, [[idle], null]).window?.closedAt).toBe(null);
  });

  it("has the whole time since a revision beside it was turned down", () => {
    const turnedDown = { fingerprint: "sha256:f", acceptance: 2, deployment: 0, at: toTimestamp(now - 4 * minute) };
    const record = { ...serves(), quarantined: [turnedDown] };
    expect(decided(record, [[idle], [idle]])).toMatchObject({ ended: false, wakesIn: 6 * minute });
  });

  it("stays in the pass in which a replica is lost", () => {
    const record = serves();
    const [first = serving(0, 0)] = record.replicas;
    const instances = new Map([[first.token, instanceOf(first, { gpus: [idle] })]]);
    const { record: next } = decide(record, { observed: allWell(record, { instances }), policy, now });
    expect(next?.replicas.map(({ status }) => status)).toEqual(["running", "submitted"]);
    expect(next?.window?.closedAt).toBe(null);
  });

  it("names three GPUs at most, and records all", () => {
    const record = serves({ replicas: { min: 5, max: 5 } });
    const { said, window } = decided(
      record,
      Array.from({ length: 5 }, () => [idle]),
    );
    expect(said[0]).toMatch(/GPU 0 of replica 2 at 3% at most, and 2 more$/);
    expect(window?.idle).toHaveLength(5);
  });

  it("stays while a new replica is still to become ready", () => {
    const rolling = serves();
    const record = { ...rolling, replicas: [...rolling.replicas, { ...fresh(2, 0), readyAt: null, runningAt: null }] };
    expect(decided(record, [[idle], [idle], [idle]]).window?.closedAt).toBe(null);
  });

  it("stays without the policy", () => {
    expect(decided(serves({ utilization_policy: null, max_duration: 7200 }), [[idle], [idle]]).ended).toBe(false);
  });
});

describe("when it is up again", () => {
  const closed = {
    openedAt: "2026-01-01T11:00:00.000Z",
    seenAt: "2026-01-01T11:00:00.000Z",
    closedAt: toTimestamp(now - minute),
    idle: [],
  };

  it("is when it is accepted again", () => {
    const ended = { ...serves(), window: closed, replicas: [] };
    expect(decided(accepted(ended, { ...limit, commands: ["new"] }), []).next?.replicas).toHaveLength(2);
  });

  it("is at the next occurrence of its schedule, though the last window is not over by its length", () => {
    const half = { ...limit, schedule: { cron: ["*/30 * * * *"] }, max_duration: 7200 } as const;
    const ended = { ...serves(half), window: closed, replicas: [] };
    const soon = decided(ended, [], now - 30_000);
    expect(soon).toMatchObject({ state: "unproven", wakesIn: 30_000, window: closed });
    expect(decided(ended, [], now).window).toEqual({
      openedAt: toTimestamp(now),
      seenAt: toTimestamp(now),
      closedAt: null,
    });
  });

  it("begins its time with the first replica that runs", () => {
    const { window, ended } = decided({ ...serves(), window: null }, [null, null]);
    expect(ended).toBe(false);
    expect(window).toEqual({ openedAt: serves().target?.acceptedAt, seenAt: toTimestamp(now), closedAt: null });
  });
});

describe("what a plan says of it", () => {
  it("rehearses it as any other: nobody knows whether it will be used", () => {
    const scene = { policy, now, offers: [offer] };
    const [plain, limited] = [{}, limit].map((overrides) => rehearse(accepted(null, overrides), scene));
    expect(limited).toEqual(plain);
    expect(limited?.end).toBe("settled");
  });

  it.each([
    [
      undefined,
      "cloud cannot run it: `utilization_policy` needs measures of GPUs, and nothing measures any there; leave it out, or use a backend that does",
    ],
    [true, null],
  ])("refuses it where a backend that measures is %j", async (measuresGpus, refusal) => {
    const spec = specOf(limit);
    const backend: MachineBackend = {
      kind: "machine",
      name: "cloud",
      dedupes: true,
      visibility: 0,
      poll: { busy: 1, idle: 1 },
      ...(measuresGpus === undefined ? {} : { measuresGpus }),
      offers: async () => ({ ok: true, offers: [offer], notes: [] }),
      list: async () => [],
      find: async () => null,
      provision: async () => Promise.reject(new Error("nothing is started here")),
      terminate: async () => undefined,
      async *logs() {},
    };
    const world = { backends: new Map([["cloud", backend]]), env: () => undefined };
    const supply = await supplyFor(world, spec, jobOf(spec, []), new AbortController().signal);
    expect(supply).toMatchObject({ refusal, offers: refusal === null ? [offer] : [] });
    expect((await supplyFor(world, specOf(), jobOf(specOf(), []), new AbortController().signal)).refusal).toBe(null);
  });
});
