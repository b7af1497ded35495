import { expect, it, test } from "vitest";

import { isForge } from "../../src/git/remote-url.ts";
import type { Branch } from "../../src/state/branch.ts";
import { memoryBranch } from "../../src/state/memory.ts";
import { optimisticStore } from "../../src/state/optimistic-store.ts";
import { holdBack } from "../../src/state/push-pace.ts";
import type { Change } from "../../src/state/store.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";
import { intentOf, recordOf } from "../support/state-values.ts";

interface Write extends Pick<Change, "hurry"> {
  readonly name: string;
  readonly calls?: boolean;
  readonly signal?: AbortSignal;
}

/** A store that pushes to a forge, on time that passes at once; a push takes a second. */
async function forge(lost: () => boolean = () => false) {
  const clock = createVirtualClock(1_000_000);
  const start = clock.now();
  const memory = memoryBranch();
  const pushes: number[] = [];
  const branch: Branch = {
    ...memory,
    async write(change) {
      pushes.push((clock.now() - start) / 1000);
      await clock.sleep(1_000);
      return lost() ? { kind: "moved" } : memory.write(change);
    },
  };
  let ids = 0;
  const newId = (): string => `id-${(ids += 1)}`;
  const store = optimisticStore(branch, { clock, newId, random: () => 0.5, gate: { paced: true } });
  const basis = await store.load();
  return {
    pushes,
    memory,
    /** Creates a service: without calls, what is written is progress. */
    write: async ({ name, calls = false, hurry, signal }: Write): Promise<void> => {
      const services = [{ name, record: recordOf(name), intents: calls ? [intentOf(name, 1)] : [] }];
      await store.commit({ message: name, services, basis, hurry }, signal);
    },
    /** Seconds from the start. */
    at: async (second: number) => clock.runUntil(() => false, start + second * 1000),
  };
}

test("progress is pushed four times a minute, calls six times, and what comes meanwhile goes together", async () => {
  const { pushes, memory, write, at } = await forge();
  const writes: Promise<void>[] = [];
  for (let index = 0; index < 40; index += 1) {
    writes.push(write({ name: `progress-${index}` }));
    await at(2 * index + 2);
  }
  await at(200);
  await Promise.all(writes);
  expect(pushes).toEqual([0, 2, 4, 6, 60, 62, 64, 66, 120]);
  const [first] = memory.history();
  expect(first?.message.split("\n")[0]).toBe("progress-0");
  const calls: Promise<void>[] = [];
  for (let index = 0; index < 10; index += 1) {
    calls.push(write({ name: `call-${index}`, calls: true }));
    await at(202 + 2 * index);
  }
  await at(400);
  await Promise.all(calls);
  expect(pushes.slice(9)).toEqual([200, 202, 204, 206, 208, 210, 260]);
});

test("calls take the last pushes of a minute, and progress that waits goes with them", async () => {
  const { pushes, memory, write, at } = await forge();
  for (let index = 0; index < 4; index += 1) {
    const written = write({ name: `progress-${index}` });
    await at(2 * index + 2);
    await written;
  }
  const waiting = [write({ name: "progress-4" }), write({ name: "progress-5" })];
  await at(20);
  expect(pushes).toHaveLength(4);
  waiting.push(write({ name: "call", calls: true }));
  await at(22);
  await Promise.all(waiting);
  expect(pushes).toEqual([0, 2, 4, 6, 20]);
  expect(memory.history()).toHaveLength(5);
});

test("a clock that is set back holds nothing back", () => {
  const change = {
    message: "x",
    services: [],
    basis: { commit: null, generation: 0, stateId: "s", services: new Map() },
  };
  const pushes = Array.from({ length: 6 }, (_, index) => 10_000_000 + index);
  expect(holdBack([change], pushes, 10_000_010)).toBeGreaterThan(0);
  expect(holdBack([change], pushes, 5_000_000)).toBe(0);
});

test("whoever is about to end waits for nothing, and takes with it what waits", async () => {
  const { pushes, write, at } = await forge();
  const stop = new AbortController();
  const writes: Promise<void>[] = [];
  for (let index = 0; index < 7; index += 1) {
    writes.push(write({ name: `call-${index}`, calls: true, hurry: stop.signal }));
    await at(2 * index + 2);
  }
  await at(20);
  expect(pushes).toEqual([0, 2, 4, 6, 8, 10]);
  stop.abort();
  await at(21);
  await Promise.all(writes);
  expect(pushes).toEqual([0, 2, 4, 6, 8, 10, 20]);
  const released = write({ name: "released", hurry: AbortSignal.abort() });
  await at(23);
  await released;
  expect(pushes).toHaveLength(8);
});

test("a caller that is interrupted while it waits is told at once, and nothing is written for it", async () => {
  const { pushes, memory, write, at } = await forge();
  for (let index = 0; index < 4; index += 1) {
    const written = write({ name: `progress-${index}` });
    await at(2 * index + 2);
    await written;
  }
  const stop = new AbortController();
  const interrupted = write({ name: "interrupted", signal: stop.signal });
  const other = write({ name: "other" });
  await at(20);
  stop.abort(new Error("stopped"));
  await expect(interrupted).rejects.toThrow("stopped");
  await at(61);
  await other;
  expect(pushes).toEqual([0, 2, 4, 6, 60]);
  expect(memory.history().at(-1)?.message.split("\n")[0]).toBe("other");
});

test("lost races count as pushes, and are tried again at the same pace", async () => {
  let races = 10;
  const { pushes, write, at } = await forge(() => races-- > 0);
  const written = write({ name: "call", calls: true });
  await at(200);
  await written;
  expect(pushes).toHaveLength(11);
  for (const [index, time] of pushes.entries())
    expect(time - (pushes[index - 6] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThan(59.999);
});

test("a writer that has lost forty races in a row goes on", async () => {
  let races = 60;
  const { pushes, write, at } = await forge(() => races-- > 0);
  const written = write({ name: "call", calls: true, hurry: AbortSignal.abort() });
  await at(170);
  await written;
  expect(pushes).toHaveLength(61);
});

it.each([
  ["https://github.com/acme/models.git", true],
  ["git@github.com:acme/models.git", true],
  ["ssh://git@example.com:2222/acme/models", true],
  ["http://127.0.0.1:8080/repository.git", false],
  ["http://localhost/repository.git", false],
  ["ssh://root@[::1]:2222/repository.git", false],
  ["file:///srv/git/repository.git", false],
  ["/srv/git/repository.git", false],
  ["https://localhost.example.com/repository.git", true],
])("%s is a forge: %s", (url, expected) => {
  expect(isForge(url)).toBe(expected);
});
