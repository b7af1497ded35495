import { expect, test } from "vitest";

import { acceptedChange } from "../../src/reconciler/accept-plan.ts";
import type { Lease } from "../../src/state/lease-record.ts";
import { acquire } from "../../src/state/lease.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { ServiceChange, Snapshot, StateStore } from "../../src/state/store.ts";
import { intentOf, leaseOf, ownerOf, recordOf } from "../support/state-values.ts";

const now = Date.parse("2026-01-02T03:04:05.000Z");
const clock = { now: () => now, sleep: async () => {} };

/** Two writers; the first one has the lease, and has read the state under it. */
async function heldScene() {
  const branch = memoryBranch();
  const [a, b] = ["a", "b"].map((writer) => memoryStore({ clock, branch, writer }));
  if (a === undefined || b === undefined) throw new Error("no store");
  const services = [{ name: "web", record: recordOf("web"), lease: leaseOf("a", 1) }];
  const read = await a.commit({ message: "Begin", services, basis: await a.load() });
  return { branch, a, b, read };
}

function write(store: StateStore, basis: Snapshot, change: Omit<ServiceChange, "name">): Promise<Snapshot> {
  return store.commit({ message: "Write", services: [{ name: "web", ...change }], basis });
}

/** What takes the lease away from somebody who is dead. */
function taken(snapshot: Snapshot): Lease {
  const request = { owner: ownerOf("b"), now, ttl: 60_000, skew: 0, ownerAlive: false } as const;
  const acquired = acquire(snapshot.services.get("web")?.lease ?? null, {
    ...request,
    generation: snapshot.generation,
  });
  if (!acquired.ok) throw new Error("not taken");
  return acquired.lease;
}

test.each<readonly [string, Omit<ServiceChange, "name">]>([
  ["a record", { record: recordOf("web", { attempts: 9 }) }],
  ["a record with a renewal", { record: recordOf("web", { attempts: 9 }), lease: leaseOf("a", 1) }],
  ["an announcement", { record: recordOf("web"), intents: [intentOf("web", 9)] }],
  ["a renewal alone", { lease: { ...leaseOf("a", 1), deadline: "2026-01-02T04:00:00.000Z" } }],
  ["giving the lease back", { record: recordOf("web"), lease: null }],
  ["the removal of the service", { record: null, intents: [], lease: null }],
])("%s under a lease that somebody else has by now is refused", async (_, change) => {
  const { branch, a, b, read } = await heldScene();
  const lease = taken(await b.load());
  expect(lease.fence).toBeGreaterThan(1);
  await write(b, await b.load(), { lease });
  await expect(write(a, read, change)).rejects.toMatchObject({ name: "StateConflict", services: ["web"] });
  expect(branch.history()).toHaveLength(2);
  expect((await b.load()).services.get("web")).toMatchObject({ lease, record: recordOf("web") });
});

test("fences grow with every change of owner, though a lease that was given back leaves nothing behind", async () => {
  const { a, b } = await heldScene();
  const fences = [1];
  for (const store of [b, a, b]) {
    const lease = taken(await store.load());
    fences.push(lease.fence);
    await write(store, await store.load(), { lease });
    await write(store, await store.load(), { lease: null });
  }
  expect(fences).toEqual(fences.toSorted((x, y) => x - y));
  expect(new Set(fences).size).toBe(fences.length);
});

test.each([
  ["accepts", recordOf("web", { attempts: 2 })],
  ["pauses", recordOf("web", { paused: { at: "2026-01-02T03:04:05.000Z", by: "me" } })],
])("whoever %s needs no lease, and changes nothing of whose it is", async (_, record) => {
  const { b } = await heldScene();
  const basis = await b.load();
  const before = basis.services.get("web")?.lease ?? null;
  const message = "Accept";
  const after = await b.commit({ message, services: [acceptedChange(record, before, ownerOf("b"))], basis });
  expect(after.services.get("web")?.lease).toEqual({ ...leaseOf("a", 1), handOver: true });
});
