import { expect, test } from "vitest";

import type { ObservedInstance } from "../../src/backends/backend.ts";
import { BackendError } from "../../src/backends/errors.ts";
import type { World } from "../../src/reconciler/world.ts";
import { memoryStore } from "../../src/state/memory.ts";
import { instanceOf, offer, settled } from "../support/decisions.ts";
import { leaseOf } from "../support/state-values.ts";
import { runCommand } from "./program.ts";
import { seeded } from "./random.ts";
import { drawRevision } from "./revision.ts";
import { createVirtualClock } from "./virtual-clock.ts";

const clock = createVirtualClock(Date.parse("2026-01-01T12:00:00Z"));

function worldOf(instances: readonly ObservedInstance[]): World {
  return {
    clock,
    store: memoryStore({ clock }),
    backends: new Map([
      [
        "local",
        {
          kind: "machine",
          name: "local",
          dedupes: true,
          visibility: 0,
          poll: { busy: 100, idle: 100 },
          offers: async () => ({ ok: true, offers: [offer], notes: [] }),
          list: async () => instances,
          find: async () => null,
          async provision() {
            throw new BackendError("local", "no-capacity", "there is none");
          },
          async terminate() {
            throw new BackendError("local", "unavailable", "500");
          },
          async *logs() {},
        },
      ],
    ]),
    publisher: { publish: async () => ({ acknowledged: true }), status: async () => null },
    probe: async () => ({ ok: true, status: 200, error: null }),
    env: () => undefined,
    leaseOwner: leaseOf("ours", 1).owner,
    isAlive: async () => "unknown",
    owner: { repository: "r", project: "main" },
    emit: () => undefined,
  };
}

function run(command: "tick" | "apply", world: World, said: string[] = []) {
  const revision = drawRevision(seeded(1), "web", 0, null);
  const files = [{ ...revision, everyMinutes: null, maxDuration: null, secret: false, scales: false }];
  return runCommand({ command, service: "", commit: 1, files, byHand: true, world, tell: (text) => said.push(text) });
}

test("a tick goes on though what was given up cannot be ended now, and says so", async () => {
  const record = settled();
  const [first] = record.replicas;
  if (first === undefined) throw new Error("no replica");
  const world = worldOf([]);
  const basis = await world.store.load();
  await world.store.commit({ message: "x", services: [{ name: "web", record: { ...record, attempts: 9 } }], basis });
  const stateId = (await world.store.load()).stateId;
  const orphan = { ...instanceOf(first, { stateId }), token: "web-3-7" };
  const running = record.replicas.map((replica) => instanceOf(replica, { stateId }));
  const said: string[] = [];
  const ended = run("tick", { ...world, backends: worldOf([...running, orphan]).backends }, said);
  await clock.runUntil(() => false, clock.now() + 60_000);
  expect(await ended).toBe(0);
  expect(said.join("")).toContain("web-3-7 could not be ended: [local] 500; the next tick tries again");
});

test("a paused service whose removal was accepted is not made anew before it is resumed", async () => {
  const world = worldOf([]);
  const paused = { at: "2026-01-01T00:00:00.000Z", by: "somebody" };
  const record = { ...settled(), target: null, paused };
  const basis = await world.store.load();
  const { generation } = await world.store.commit({ message: "x", services: [{ name: "web", record }], basis });
  const ended = run("apply", world);
  await clock.runUntil(() => false, clock.now() + 60_000);
  expect(await ended).toBe(0);
  expect(await world.store.load()).toMatchObject({ generation });
});
