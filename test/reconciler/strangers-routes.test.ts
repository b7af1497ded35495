import { expect, test } from "vitest";

import type { MachineBackend, ObservedInstance } from "../../src/backends/backend.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import type { Publication } from "../../src/proxy-config/publisher.ts";
import type { Route } from "../../src/proxy-config/routes.ts";
import { openSession } from "../../src/reconciler/session.ts";
import type { World } from "../../src/reconciler/world.ts";
import { memoryStore } from "../../src/state/memory.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";
import { instanceOf, now, serving, settled } from "../support/decisions.ts";
import { leaseOf } from "../support/state-values.ts";

const { signal } = new AbortController();

const stray = (service: string): ObservedInstance =>
  instanceOf({ ...serving(7, 0), token: `${service}-3-9` }, { service });

const route = (service: string, ids: readonly string[]): Route => ({
  project: "main",
  service,
  gateway: "main",
  match: { kind: "path", prefix: `/${service}/`, strip: true },
  auth: false,
  upstreams: ids.map((id) => ({ id, address: { kind: "unix", path: `/${id}` } })),
});

/** A session over one backend that has `instances`, and gateways that serve `before`. */
async function sceneOf(instances: readonly ObservedInstance[], before: Publication | null) {
  const clock = createVirtualClock(now);
  const record = settled();
  const store = memoryStore({ clock });
  const empty = await store.load();
  const services = [
    { name: "web", record, intents: [], lease: null },
    { name: "api", record: { ...record, name: "api" }, intents: [], lease: null },
  ];
  const snapshot = await store.commit({ message: "x", services, basis: empty });
  const published: Publication[] = [];
  const backend: MachineBackend = {
    kind: "machine",
    name: "local",
    dedupes: true,
    visibility: 0,
    poll: { busy: 1, idle: 1 },
    offers: async () => ({ ok: true, offers: [], notes: [] }),
    list: async () => instances.map((each) => ({ ...each, stateId: snapshot.stateId })),
    find: async () => null,
    provision: async () => Promise.reject(new Error("nobody asks for it")),
    terminate: async () => undefined,
    async *logs() {},
  };
  const world: World = {
    clock,
    store,
    backends: new Map([["local", backend]]),
    publisher: {
      publish: async (publication) => {
        published.push(publication);
        return { acknowledged: true };
      },
      status: async () => null,
      served: async () => published.at(-1) ?? before,
    },
    probe: async () => ({ ok: true, status: 200, error: null }),
    env: () => undefined,
    leaseOwner: leaseOf("ours", 1).owner,
    isAlive: async () => "unknown",
    owner: { repository: "r", project: "main" },
    emit: () => undefined,
  };
  const routesOf = ({ services: all }: Snapshot): readonly Route[] =>
    [...all.keys()].toSorted().map((name) => route(name, [`${name}-new`]));
  const session = openSession({ world, policy: defaultPolicy, stateId: snapshot.stateId, routesOf });
  await session.listing.list(signal);
  return { session, snapshot, published };
}

function said(publication: Publication | undefined): readonly string[] | undefined {
  return publication?.routes.map(({ upstreams }) => upstreams.map(({ id }) => id).join());
}

const old = {
  generation: 0,
  routes: [route("api", ["api-old"]), route("gone", ["gone-old"]), route("web", ["web-old"])],
};

test("what runs unknown of one service leaves the routes of that one as they are, and holds back no other's", async () => {
  const { session, snapshot, published } = await sceneOf([stray("api")], old);
  await session.publish(snapshot, signal);
  expect(said(published[0])).toEqual(["api-old", "web-new"]);
  expect(session.published()).toBe(snapshot.generation);
});

test("once nothing unknown runs any more, the same state is published whole", async () => {
  const instances = [stray("api")];
  const { session, snapshot, published } = await sceneOf(instances, old);
  await session.publish(snapshot, signal);
  await session.publish(snapshot, signal);
  expect(published).toHaveLength(1);
  instances.pop();
  await session.listing.list(signal);
  await session.publish(snapshot, signal);
  await session.publish(snapshot, signal);
  expect(published.map(said)).toEqual([
    ["api-old", "web-new"],
    ["api-new", "web-new"],
  ]);
});

test("a service that the state has lost keeps its routes while it runs", async () => {
  const { session, snapshot, published } = await sceneOf([stray("gone")], old);
  await session.publish(snapshot, signal);
  expect(said(published[0])).toEqual(["api-new", "gone-old", "web-new"]);
});

test("gateways that serve a newer state than any that can be read keep what they have", async () => {
  const { session, snapshot, published } = await sceneOf([stray("api")], { ...old, generation: 99 });
  await session.publish(snapshot, signal);
  expect(published).toEqual([]);
  expect(session.published()).toBe(-1);
});
