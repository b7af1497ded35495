import { expect, test } from "vitest";

import type { MachineBackend, ObservedInstance } from "../../src/backends/backend.ts";
import { FencedError } from "../../src/backends/errors.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import { fromTimestamp, toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptedChange } from "../../src/reconciler/accept-plan.ts";
import { acceptRemoval, acceptRestart } from "../../src/reconciler/accept.ts";
import type { Event } from "../../src/reconciler/event.ts";
import { ownTarget } from "../../src/reconciler/own-target.ts";
import { openSession } from "../../src/reconciler/session.ts";
import { settleService } from "../../src/reconciler/settle-service.ts";
import type { ServiceOutcome, SettleOptions } from "../../src/reconciler/settle-service.ts";
import type { World } from "../../src/reconciler/world.ts";
import type { Lease } from "../../src/state/lease-record.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { ServiceChange, StateStore } from "../../src/state/store.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";
import { accepted, instanceOf, now, offer, submitted } from "../support/decisions.ts";
import { leaseOf, ownerOf } from "../support/state-values.ts";

const { signal } = new AbortController();
const second = 1000;
const theirs: Lease = {
  ...leaseOf("theirs", 7),
  acquiredAt: toTimestamp(now - 30 * second),
  deadline: toTimestamp(now + 60 * second),
};

/** Two processes and a provider, on virtual time. What others do is written straight to the branch. */
function sceneOf(refusals: readonly FencedError[] = []) {
  const clock = createVirtualClock(now);
  const branch = memoryBranch();
  const others = memoryStore({ clock, branch, writer: "others" });
  const events: Event[] = [];
  const calls: string[] = [];
  const left = [...refusals];
  const instances: ObservedInstance[] = [];
  const living = new Set(["theirs"]);
  let back = 0;
  const call = (text: string, fence: number | undefined): void => {
    calls.push(`${text} under ${String(fence)} at ${(clock.now() - now) / second}`);
    const refusal = left.shift();
    if (refusal !== undefined) throw refusal;
  };
  const backend: MachineBackend = {
    kind: "machine",
    name: "local",
    dedupes: true,
    visibility: 0,
    poll: { busy: second, idle: second },
    offers: async () => ({ ok: true, offers: [offer], notes: [] }),
    list: async () => instances,
    find: async () => null,
    async provision({ token, owner: { stateId }, service, replica, deployment, fence }) {
      call(`provision ${token}`, fence);
      const instance = {
        ...instanceOf(submitted(replica, deployment)),
        token,
        stateId,
        service,
        status: "provisioning",
      } as const;
      instances.push(instance);
      return instance;
    },
    terminate: async (_, instance, _signal, fence) => call(`terminate ${instance}`, fence),
    async *logs() {},
  };
  const world: World = {
    clock: {
      now: () => clock.now() - back,
      monotonic: () => clock.now(),
      sleep: (ms, until) => clock.sleep(ms, until),
    },
    store: memoryStore({ clock, branch, writer: "ours" }),
    backends: new Map([["local", backend]]),
    publisher: { publish: async () => ({ acknowledged: true }), status: async () => null },
    probe: async () => ({ ok: true, status: 200, error: null }),
    env: () => undefined,
    leaseOwner: ownerOf("ours"),
    isAlive: async (owner) => living.has(owner.nonce),
    owner: { repository: "r", project: "main" },
    emit: (event) => void events.push(event),
  };
  return {
    clock,
    branch,
    calls,
    world,
    living,
    state: async () => (await others.load()).services.get("web"),
    write: (change: Omit<ServiceChange, "name">) => writeTo(others, change),
    setBack: (ms: number) => void (back = ms),
    waits: () => events.filter(({ event }) => event === "wait").map(({ detail }) => detail),
  };
}

async function writeTo(store: StateStore, change: Omit<ServiceChange, "name">): Promise<void> {
  await store.commit({ message: "Meanwhile", services: [{ name: "web", ...change }], basis: await store.load() });
}

/** Lets a run of ours settle the service for so many seconds, while other things happen. */
async function settleFor(
  scene: ReturnType<typeof sceneOf>,
  options: Partial<SettleOptions> & { readonly seconds: number },
  meanwhile: Readonly<Record<number, () => Promise<void> | void>> = {},
): Promise<ServiceOutcome> {
  const { clock, world } = scene;
  const leasePolicy = { ttl: 60 * second, skew: 0, reload: 2 * second };
  const snapshot = await world.store.load();
  const { stateId } = snapshot;
  const session = openSession({ world, policy: defaultPolicy, stateId, routesOf: () => [], leasePolicy });
  const deadline = now + options.seconds * second;
  const timing = { signal, abort: signal, deadline, waitForLease: 30 * second };
  const running = settleService("web", snapshot, session, { ...timing, ...options });
  for (const [at, happens] of Object.entries(meanwhile)) {
    await clock.runUntil(() => false, now + Number(at) * second);
    await happens();
  }
  await clock.runUntil(() => false, deadline + 120 * second);
  return running;
}

const first = accepted(null);

test("somebody who is alive is waited for, which is told once with who it is and until when", async () => {
  const scene = sceneOf();
  await scene.write({ record: first, lease: theirs });
  const outcome = await settleFor(scene, { seconds: 120, waitForLease: 20 * second });
  expect(outcome).toMatchObject({
    state: "lease-held",
    touched: false,
    heldBy: { lease: theirs, until: theirs.deadline, alive: true },
  });
  expect(scene.waits()).toEqual([
    `for run, who has it since ${theirs.acquiredAt}, until ${theirs.deadline} at the latest; it is alive`,
  ]);
  expect(scene.calls).toEqual([]);
  expect(scene.branch.history()).toHaveLength(1);
});

test("without time to wait nobody is waited for", async () => {
  const scene = sceneOf();
  await scene.write({ record: first, lease: theirs });
  expect(await settleFor(scene, { seconds: 120, waitForLease: 0 })).toMatchObject({ state: "lease-held" });
  expect(scene.waits()).toEqual([]);
});

test.each([
  {
    what: "dies",
    change: (scene: ReturnType<typeof sceneOf>) => void scene.living.delete("theirs"),
    by: 10.5,
  },
  {
    what: "gives it back",
    change: (scene: ReturnType<typeof sceneOf>) => scene.write({ lease: null }),
    by: 15,
  },
])("who waits takes over by itself once the owner $what", async ({ change, by }) => {
  const scene = sceneOf();
  await scene.write({ record: first, lease: theirs });
  await settleFor(scene, { seconds: 20 }, { 10: () => change(scene) });
  const [call = ""] = scene.calls;
  expect(Number(/ at (.*)$/.exec(call)?.[1])).toBeGreaterThanOrEqual(10);
  expect(Number(/ at (.*)$/.exec(call)?.[1])).toBeLessThanOrEqual(by);
  expect(call).toMatch(/^provision web-3-1 under (?:8|3) /);
});

test("the deadline of an owner that lives on is the end of its lease", async () => {
  const scene = sceneOf();
  await scene.write({ record: first, lease: theirs });
  await settleFor(scene, { seconds: 80, waitForLease: 120 * second });
  expect(scene.calls[0]).toMatch(/^provision web-3-1 under 8 at 6[0-5]/);
});

test.each([
  { what: "a newer revision", change: { record: acceptRestart(first, newer()) } },
  { what: "its removal", change: { record: acceptRemoval(first) } },
  { what: "nothing of it any more", change: { record: null, lease: null } },
])("a run that waits gives up as soon as $what is accepted, and writes nothing", async ({ change }) => {
  const scene = sceneOf();
  await scene.write({ record: first, lease: theirs });
  const own = new Map([["web", ownTarget(first)]]);
  const outcome = await settleFor(
    scene,
    { seconds: 120, own, waitForLease: 100 * second },
    {
      10: () => scene.write(change),
      25: () => scene.write({ lease: null }),
    },
  );
  expect(outcome).toMatchObject({ state: "superseded", touched: false });
  expect(scene.calls).toEqual([]);
  expect(scene.branch.history().every(({ message }) => message.startsWith("Meanwhile"))).toBe(true);
});

test("a run that works hands over to a newer acceptance, and calls for nothing more", async () => {
  const scene = sceneOf();
  await scene.write({ record: first });
  const own = new Map([["web", ownTarget(first)]]);
  let before = 0;
  const outcome = await settleFor(
    scene,
    { seconds: 60, own },
    {
      10: async () => {
        const { record, lease } = (await scene.state()) ?? {};
        if (!record || !lease) throw new Error("it does not work on it");
        expect(lease.owner.nonce).toBe("ours");
        await scene.write(acceptedChange(acceptRestart(record, newer()), lease, ownerOf("others")));
      },
      13: () => void (before = scene.calls.length),
    },
  );
  expect(outcome).toMatchObject({ state: "superseded", touched: true });
  expect(scene.calls).toHaveLength(before);
  const { record, lease } = (await scene.state()) ?? {};
  expect(lease).toBeNull();
  expect(record?.target?.acceptance).toBe(2);
});

test("a run that stands for nothing of its own goes on with what is newest", async () => {
  const scene = sceneOf();
  await scene.write({ record: first, lease: theirs });
  await settleFor(
    scene,
    { seconds: 60 },
    {
      10: () => scene.write({ record: acceptRestart(first, newer()), lease: null }),
    },
  );
  expect(scene.calls[0]).toMatch(/^provision/);
});

test("a clock that is set back does not make a lease longer: it is renewed as if it had not been", async () => {
  const scene = sceneOf();
  await scene.write({ record: first });
  let until = 0;
  const meanwhile = {
    5: () => scene.setBack(70 * second),
    95: async () => void (until = fromTimestamp((await scene.state())?.lease?.deadline ?? toTimestamp(0))),
  };
  await settleFor(scene, { seconds: 100 }, meanwhile);
  expect(until).toBeGreaterThan(now + 95 * second);
});

test("a backend that says the lease is an old one, while the newest state has it, is called again under a higher fence", async () => {
  const refusal = new FencedError("local", "web", { called: 3, seen: 40 });
  const scene = sceneOf([refusal]);
  await scene.write({ record: first });
  await settleFor(scene, { seconds: 8 });
  const fences = scene.calls.map((call) => Number(/under (\d+)/.exec(call)?.[1]));
  expect(fences[0]).toBeLessThan(40);
  expect(fences.slice(2)).not.toEqual([]);
  expect(fences.slice(2).every((fence) => fence === 41)).toBe(true);
  expect((await scene.state())?.record?.replicas.map(({ failures, error }) => [failures, error])).toEqual([
    [0, null],
    [0, null],
  ]);
});

test("a backend that says the lease is an old one, as it is, is not called again, and nothing is written", async () => {
  const refusal = new FencedError("local", "web", { called: 3, seen: 8 });
  const scene = sceneOf();
  await scene.write({ record: first });
  let taken: Lease | null = null;
  const backend = scene.world.backends.get("local");
  if (backend === undefined) throw new Error("no backend");
  const frozen: MachineBackend = {
    ...backend,
    async provision() {
      // Stands still here for so long that somebody else takes over.
      taken ??= { ...theirs, fence: 8 };
      await scene.write({ lease: taken });
      throw refusal;
    },
  };
  const world = { ...scene.world, backends: new Map([["local", frozen]]) };
  const before = scene.branch.history().length;
  const outcome = await settleFor({ ...scene, world }, { seconds: 40, waitForLease: 5 * second });
  expect(outcome).toMatchObject({ state: "lease-held", heldBy: { lease: taken } });
  const ours = scene.branch.history().filter(({ message }) => !message.startsWith("Meanwhile"));
  expect(ours).toHaveLength(before);
  expect((await scene.state())?.lease).toEqual(taken);
});

function newer() {
  return { by: "somebody", planId: "", now: now + second, generation: 5 };
}
