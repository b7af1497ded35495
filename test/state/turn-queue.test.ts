import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { processMark } from "../../src/state/process-owner.ts";
import { longestTurn, longestWait, turnQueue } from "../../src/state/turn-queue.ts";
import { tempDirectory } from "../support/temp-repository.ts";

const never = new AbortController().signal;

test("turns come in the order in which they were asked for, one at a time", async () => {
  await using directory = await tempDirectory();
  const place = join(directory.path, "turns");
  let now = 0;
  const clock: Clock = { ...systemClock, now: () => (now += 1) };
  const order: number[] = [];
  let writing = 0;
  await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const turn = await turnQueue(place, clock).take(never);
      writing += 1;
      expect(writing).toBe(1);
      order.push(index);
      await systemClock.sleep(5);
      writing -= 1;
      await turn.end();
    }),
  );
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(await readdir(place)).toEqual([]);
});

test.for([
  { what: "of a process that is dead", name: "00000000000000000001-4194304-1-dead" },
  { what: "that is none", name: "00000000000000000001" },
])("a ticket $what is removed and not waited for", async ({ name }) => {
  await using directory = await tempDirectory();
  await writeFile(join(directory.path, name), "");
  const turn = await turnQueue(directory.path, systemClock).take(never);
  expect(await readdir(directory.path)).toHaveLength(1);
  await turn.end();
  expect(await readdir(directory.path)).toEqual([]);
});

test("a process that has the turn and lives is waited for, and passed over when it takes too long", async () => {
  await using directory = await tempDirectory();
  const frozen = `00000000000000000001-${process.pid}-${await processMark()}-frozen`;
  await writeFile(join(directory.path, frozen), "");
  let now = 1_000;
  const clock: Clock = { now: () => now, sleep: async (ms) => void (now += ms) };
  const turn = await turnQueue(directory.path, clock).take(never);
  expect(now).toBeGreaterThanOrEqual(1_000 + longestTurn);
  expect(now).toBeLessThan(1_000 + longestTurn + 1_000);
  expect(await readdir(directory.path)).not.toContain(frozen);
  await turn.end();
});

test("a ticket that cannot be removed is waited for once", async () => {
  await using directory = await tempDirectory();
  await mkdir(join(directory.path, "00000000000000000001-4194304-1-dead"));
  await (await turnQueue(directory.path, systemClock).take(never)).end();
  expect(await readdir(directory.path)).toHaveLength(1);
});

test("a clock that is set back makes nobody wait longer", async () => {
  await using directory = await tempDirectory();
  const mark = `${process.pid}-${await processMark()}`;
  await writeFile(join(directory.path, `00000000000000000001-${mark}-frozen`), "");
  let elapsed = 0;
  const clock: Clock = {
    now: () => 10_000_000 - 100 * elapsed,
    monotonic: () => elapsed,
    sleep: async (ms) => void (elapsed += ms),
  };
  await (await turnQueue(directory.path, clock).take(never)).end();
  expect(elapsed).toBeLessThan(longestTurn + 1_000);
});

test("whoever others always come before goes ahead in the end", async () => {
  await using directory = await tempDirectory();
  const mark = `${process.pid}-${await processMark()}`;
  let elapsed = 0;
  const clock: Clock = {
    now: () => 10_000_000,
    monotonic: () => elapsed,
    async sleep(ms) {
      elapsed += 10 * ms;
      const arrival = String(Math.round(elapsed)).padStart(20, "0");
      await writeFile(join(directory.path, `${arrival}-${mark}-other`), "");
      for (const name of await readdir(directory.path))
        if (name.endsWith("-other") && !name.startsWith(arrival)) await rm(join(directory.path, name));
    },
  };
  await writeFile(join(directory.path, `00000000000000000000-${mark}-other`), "");
  await (await turnQueue(directory.path, clock).take(never)).end();
  expect(elapsed).toBeLessThan(longestWait + 10_000);
});

test("nobody waits for a turn that nobody wants any more, nor for a queue that cannot be kept", async () => {
  await using directory = await tempDirectory();
  const queue = turnQueue(join(directory.path, "turns"), systemClock);
  const first = await queue.take(never);
  const over = new AbortController();
  const second = queue.take(over.signal);
  over.abort();
  await (await second).end();
  expect(await readdir(join(directory.path, "turns"))).toHaveLength(1);
  await first.end();
  await writeFile(join(directory.path, "file"), "");
  await (await turnQueue(join(directory.path, "file"), systemClock).take(never)).end();
  await mkdir(join(directory.path, "closed"), { mode: 0o500 });
  await (await turnQueue(join(directory.path, "closed", "turns"), systemClock).take(never)).end();
});
