import { expect, test } from "vitest";

import { defaultPolicy } from "../../src/config/settings.ts";
import { holdOf, writeRecord } from "../../src/reconciler/hold.ts";
import { openSession } from "../../src/reconciler/session.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { Fault } from "../../src/state/memory.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";
import { leaseOf, recordOf } from "../support/state-values.ts";

test("what others wrote on top, before the owner heard that its own write had landed, is not forgotten", async () => {
  const clock = createVirtualClock(1_700_000_000_000);
  const faults: Fault[] = [];
  const branch = memoryBranch((operation) => (operation === "write" ? (faults.shift() ?? null) : null));
  const ours = memoryStore({ clock, branch, writer: "ours" });
  const theirs = memoryStore({ clock, branch, writer: "theirs" });
  const { signal } = new AbortController();
  const record = recordOf("web");
  const owner = leaseOf("ours", 1).owner;
  const paused = { at: "2026-01-01T00:00:00.000Z", by: "somebody" };
  const session = openSession({
    world: {
      clock,
      store: ours,
      backends: new Map(),
      publisher: { publish: async () => ({ acknowledged: true }), status: async () => null },
      probe: async () => ({ ok: true, status: 200, error: null }),
      env: () => undefined,
      leaseOwner: owner,
      isAlive: async () => true,
      owner: { repository: "r", project: "main" },
      emit: () => undefined,
    },
    policy: defaultPolicy,
    stateId: "ours-1",
    routesOf: () => [],
  });
  const first = await ours.commit({
    message: "Create",
    services: [{ name: "web", record }],
    basis: await ours.load(),
  });

  faults.push("error-after");
  const attempts = { ...record, attempts: record.attempts + 1 };
  const writing = writeRecord(
    holdOf("web", first, session),
    { name: "web", record: attempts, happening: { message: "One more attempt" }, last: false, guard: undefined },
    session,
    signal,
  );
  await clock.runUntil(() => branch.history().length === 2, clock.now());
  await theirs.commit({
    message: "Pause",
    services: [{ name: "web", record: { ...attempts, paused } }],
    basis: await theirs.load(),
  });
  await clock.runUntil(() => false, clock.now() + 60_000);

  expect(await writing).toMatchObject({ kind: "written", hold: { stored: { ...attempts, paused } } });
});
