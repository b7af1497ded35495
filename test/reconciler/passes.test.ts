import { expect, test } from "vitest";

import type { MachineBackend, ObservedInstance, Offer } from "../../src/backends/backend.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import { fromTimestamp, toTimestamp } from "../../src/lib/timestamp.ts";
import type { Publisher } from "../../src/proxy-config/publisher.ts";
import { acceptRemoval } from "../../src/reconciler/accept.ts";
import { execute } from "../../src/reconciler/execute.ts";
import { noSupply } from "../../src/reconciler/observed.ts";
import { openSession } from "../../src/reconciler/session.ts";
import { settleService } from "../../src/reconciler/settle-service.ts";
import type { World } from "../../src/reconciler/world.ts";
import { memoryStore } from "../../src/state/memory.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";
import type { VirtualClock } from "../simulation/virtual-clock.ts";
import { accepted, allWell, instanceOf, now, offer, settled, submitted } from "../support/decisions.ts";
import { leaseOf } from "../support/state-values.ts";

const { signal } = new AbortController();

interface Scene {
  readonly clock: VirtualClock;
  /** What the provider was asked to do, and when, in seconds. */
  readonly calls: string[];
  readonly world: World;
  /** The kinds of instance that were asked for. */
  readonly types: string[];
  /** Until when the service was leased at each call for an instance. */
  readonly leasedUntil: number[];
}

/** One provider that has these instances, and takes so long to list them. */
function sceneOf(
  instances: readonly ObservedInstance[],
  slow: {
    readonly listing?: number;
    readonly publish?: Publisher["publish"];
    readonly offers?: readonly Offer[];
  } = {},
  dedupes = true,
): Scene {
  const clock = createVirtualClock(now);
  const calls: string[] = [];
  const leasedUntil: number[] = [];
  const types: string[] = [];
  const called = (what: string): void => void calls.push(`${what} at ${(clock.now() - now) / 1000}`);
  const backend: MachineBackend = {
    kind: "machine",
    name: "local",
    dedupes,
    visibility: 5_000,
    poll: { busy: 1_000, idle: 1_000 },
    offers: async () => ({ ok: true, offers: slow.offers ?? [offer], notes: [] }),
    async list() {
      await clock.sleep(slow.listing ?? 0);
      return instances;
    },
    find: async () => null,
    async provision({ token, service, replica, deployment, offer: { instance } }) {
      called(`provision ${token}`);
      types.push(instance);
      const { services } = await world.store.load();
      leasedUntil.push(fromTimestamp(services.get("web")?.lease?.deadline ?? toTimestamp(0)));
      return { ...instanceOf(submitted(replica, deployment)), token, service, status: "provisioning" };
    },
    async terminate(_, instance) {
      called(`terminate ${instance}`);
    },
    async *logs() {},
  };
  const world: World = {
    clock,
    store: memoryStore({ clock }),
    backends: new Map([["local", backend]]),
    publisher: {
      publish: (publication) => slow.publish?.(publication) ?? Promise.resolve({ acknowledged: true }),
      status: async () => null,
    },
    probe: async () => ({ ok: true, status: 200, error: null }),
    env: () => undefined,
    leaseOwner: leaseOf("ours", 1).owner,
    isAlive: async () => "unknown",
    owner: { repository: "r", project: "main" },
    emit: () => undefined,
  };
  return { clock, calls, types, world, leasedUntil };
}

async function passesOver(record: ServiceRecord, { clock, world }: Scene, seconds: number): Promise<void> {
  const basis = await world.store.load();
  const snapshot = await world.store.commit({ message: "Begin", services: [{ name: "web", record }], basis });
  const leasePolicy = { ttl: 60_000, skew: 5_000, reload: 5_000 };
  const session = openSession({ world, policy: defaultPolicy, stateId: "s", routesOf: () => [], leasePolicy });
  const deadline = clock.now() + seconds * 1000;
  const ended = settleService("web", snapshot, session, { signal, abort: signal, deadline, waitForLease: 0 });
  await clock.runUntil(() => false, deadline + 120_000);
  await ended;
}

test("what is not in a listing that took long was not absent when it had to be there", async () => {
  const record = settled();
  const justRuns = record.replicas.map((replica) => ({ ...replica, runningAt: toTimestamp(now - 1_000) }));
  const scene = sceneOf([], { listing: 30_000 });
  await passesOver({ ...record, replicas: justRuns }, scene, 20);
  const left = (await scene.world.store.load()).services.get("web")?.record?.replicas;
  expect(left?.map(({ status }) => status)).toEqual(["running", "running"]);
});

test("after a gateway has kept a pass for longer than its lease, nothing is called for before the lease is taken again", async () => {
  let slow = true;
  const scene = sceneOf([], {
    async publish() {
      if (slow) await scene.clock.sleep(100_000);
      slow = false;
      return { acknowledged: true };
    },
  });
  await passesOver(accepted(null), scene, 110);
  expect(scene.calls.slice(0, 2)).toEqual(["provision web-3-1 at 100", "provision web-3-2 at 100"]);
  expect(scene.leasedUntil.every((deadline) => deadline > now + 100_000)).toBe(true);
});

test("a pass that was given up while a gateway kept it makes no calls any more", async () => {
  const abort = new AbortController();
  const scene = sceneOf([], {
    async publish() {
      abort.abort();
      await scene.clock.sleep(1_000);
      return { acknowledged: true };
    },
  });
  const { world, clock } = scene;
  const basis = await world.store.load();
  const services = [{ name: "web", record: accepted(null) }];
  const snapshot = await world.store.commit({ message: "Begin", services, basis });
  const session = openSession({ world, policy: defaultPolicy, stateId: "s", routesOf: () => [] });
  const options = { signal: abort.signal, abort: abort.signal, deadline: Infinity, waitForLease: 0 };
  const ended = settleService("web", snapshot, session, options);
  await clock.runUntil(() => false, clock.now() + 10_000);
  expect(await ended).toMatchObject({ state: "working" });
  expect((await world.store.load()).services.get("web")?.lease).toBeNull();
  expect(scene.calls).toEqual([]);
});

test.each([
  { dedupes: false, calls: [] },
  { dedupes: true, calls: ["provision web-3-1 at 40"] },
])(
  "an attempt that was announced long ago, of a provider that dedupes: $dedupes, is called for: $calls",
  async (row) => {
    const scene = sceneOf([], {}, row.dedupes);
    const first = accepted(null);
    const record = { ...first, attempts: 1, replicas: [submitted(0, 0)] };
    await scene.clock.runUntil(() => false, now + 40_000);
    const [replica] = record.replicas;
    if (replica === undefined) throw new Error("no replica");
    const outcomes = await execute([{ kind: "provision", replica }], {
      world: scene.world,
      owner: { repository: "r", stateId: "s", project: "main" },
      record,
      observed: allWell(record),
      fence: 1,
      signal,
    });
    expect(scene.calls).toEqual(row.calls);
    expect(outcomes.get("web-3-1")?.kind).toBe(row.dedupes ? "provisioned" : "unknown");
  },
);

const small = { ...offer, instance: "small", price: 1 };
const large = { ...offer, instance: "large", price: 2 };
const spot = { ...large, spot: true, price: 1.5 };

test.each([
  { name: "as it was offered to the decision", seen: [small, spot, large], offers: [], outcome: "provisioned" },
  { name: "asked for again, by another pass", seen: null, offers: [small, spot, large], outcome: "provisioned" },
  { name: "not another one in its place", seen: [small], offers: [small, spot], outcome: "refused" },
])("of several kinds of instance in a region the one that was decided on is called for: $name", async (row) => {
  const scene = sceneOf([], { offers: row.offers });
  const replica = { ...submitted(0, 0), price: 2, offered: { type: "large", spot: false } };
  const supply = row.seen === null ? null : { ...noSupply, offers: row.seen };
  const outcomes = await execute([{ kind: "provision", replica }], {
    world: scene.world,
    owner: { repository: "r", stateId: "s", project: "main" },
    record: { ...accepted(null), attempts: 1, replicas: [replica] },
    observed: allWell(accepted(null), { supply }),
    fence: 1,
    signal,
  });
  expect(outcomes.get("web-3-1")?.kind).toBe(row.outcome);
  expect(scene.types).toEqual(row.outcome === "provisioned" ? ["large"] : []);
});

test("a removal for which nothing had to be ended is published too", async () => {
  const published: number[] = [];
  const scene = sceneOf([], {
    async publish({ generation }) {
      published.push(generation);
      return { acknowledged: true };
    },
  });
  await passesOver(acceptRemoval(settled()), scene, 30);
  const { generation, services } = await scene.world.store.load();
  expect(services.size).toBe(0);
  expect(published.at(-1)).toBe(generation);
});
