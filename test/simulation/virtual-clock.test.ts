import { setTimeout as realTime } from "node:timers/promises";

import { expect, test } from "vitest";

import { createVirtualClock } from "./virtual-clock.ts";

test("time moves on once no promise is left that can move, and not before", async () => {
  const clock = createVirtualClock(0);
  const seen: string[] = [];
  const count = async (name: string, turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    seen.push(`${name} at ${clock.now()}`);
  };
  clock.at(10, () => void count("slow", 500).catch(() => undefined));
  clock.at(11, () => void count("fast", 0).catch(() => undefined));
  await clock.runUntil(() => false, 20);
  expect(seen).toEqual(["slow at 10", "fast at 11"]);
  expect(clock.now()).toBe(20);
});

test("time stands still while something takes real time", async () => {
  const clock = createVirtualClock(0);
  let ended = -1;
  const work = async (): Promise<void> => {
    await clock.sleep(5);
    await clock.outside(() => realTime(20));
    ended = clock.now();
  };
  const working = work();
  clock.at(6, () => undefined);
  await clock.runUntil(() => false, 1_000);
  expect(ended).toBe(5);
  await working;
});

test("a sleep ends early with its signal, and leaves no timer", async () => {
  const clock = createVirtualClock(0);
  const abort = new AbortController();
  let woke = -1;
  const sleeping = clock.sleep(100, abort.signal).then(() => (woke = clock.now()));
  clock.at(7, () => abort.abort());
  await clock.runUntil(() => woke >= 0, 1_000);
  expect(woke).toBe(7);
  await sleeping;
});
