import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, it } from "vitest";
import { z } from "zod";

import { shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { createWatchedDemo, replicas } from "../support/watched-demo.ts";
import type { WatchedDemo } from "../support/watched-demo.ts";
import { countsOver } from "../support/witness.ts";
import type { Witness } from "../support/witness.ts";

/** Thirty processes and more start in each. */
const timeout = 180_000;
const Event = z.object({ event: z.string() });

it(
  "ten replicas keep serving while a version that never becomes ready is tried and taken back",
  { timeout },
  async () => {
    await using watched = await createWatchedDemo();
    const { demo } = watched;
    const before = await shownBy(demo);

    await watched.allowToStart("2s");
    await watched.edit("2", { mode: "never-ready" });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 1 });

    const answers = await watched.answers();
    expect(Object.keys(answers)).toEqual(["version 1"]);
    expect(answers["version 1"]).toBeGreaterThan(100);
    const after = await shownBy(demo);
    expect(after).toMatchObject({ deployment: 0, verdict: "unhealthy", quarantined: [{ deployment: 1 }] });
    expect(after?.replicas.map(({ token }) => token)).toEqual(before?.replicas.map(({ token }) => token));
    expect(await extremes(watched.witness)).toEqual({ leastWell: replicas, mostAlive: replicas + 1 });
  },
);

it.each([
  { what: "begins to fail its probe", signal: "SIGUSR2" },
  { what: "dies", signal: "SIGKILL" },
] as const)(
  "ten replicas go back when the fifth new one, which was ready, $what: it alone is ever missing",
  { timeout },
  async (row) => {
    await using watched = await createWatchedDemo();
    const { demo, witness } = watched;

    await watched.edit("2");
    const program = demo.start("apply", "-y", "--json");
    const told: string[] = [];
    let ready = 0;
    for await (const { event, line } of eventsOf(program.stdout)) {
      told.push(line);
      if (event === "ready" && ++ready === 5) await turnBad(witness, row.signal);
    }
    expect((await program).exitCode, told.join("\n")).toBe(1);

    await expectNoFailures(watched, row.signal);
    await expectTenOld(demo, witness);
  },
);

it("an apply that is killed while it goes back is finished by a tick", { timeout }, async () => {
  await using watched = await createWatchedDemo();
  const { demo, witness } = watched;

  await watched.edit("2");
  const program = demo.start("apply", "-y", "--json");
  let ready = 0;
  let goesBack = false;
  let started = 0;
  for await (const { event } of eventsOf(program.stdout)) {
    if (event === "ready" && ++ready === 5) await turnBad(witness, "SIGUSR2");
    if (event === "verdict") goesBack = true;
    if (event === "provision" && goesBack && ++started === 2) program.kill("SIGKILL");
  }
  expect((await program).signal).toBe("SIGKILL");

  // Nobody was told yet how the rollout ended.
  const ticked = await demo.run("tick");
  expect(ticked.exitCode).toBe(1);
  expect(ticked.stderr).toContain("unhealthy");
  await expectNoFailures(watched, "SIGUSR2");
  await expectTenOld(demo, witness);
});

it(
  "a tick that comes late goes on with a rollout that `apply` left, and never below what served",
  { timeout },
  async () => {
    await using watched = await createWatchedDemo();
    const { demo, witness } = watched;

    await watched.edit("2");
    expect(await demo.run("apply", "-y", "--attend", "3s")).toMatchObject({ exitCode: 6 });
    // How many were exchanged until then depends on the machine.
    expect(await deployments(demo)).toContain(0);
    await sleep(1_000);
    const ticked = await demo.run("tick");
    expect(ticked.exitCode, ticked.stderr).toBe(0);

    await expectNoFailures(watched, "SIGUSR2");
    expect(await deployments(demo)).toEqual(Array.from({ length: replicas }, () => 1));
    expect(await demo.processes()).toHaveLength(replicas);
    expect(await extremes(witness)).toEqual({ leastWell: replicas, mostAlive: replicas + 1 });
  },
);

async function* eventsOf(output: Readable): AsyncGenerator<{ readonly event: string; readonly line: string }> {
  for await (const line of createInterface({ input: output })) yield { ...Event.parse(JSON.parse(line)), line };
}

/** The fifth replica of version 2 that was ready. */
async function turnBad(witness: Witness, signal: "SIGUSR2" | "SIGKILL"): Promise<void> {
  const ready = (await witness.lines()).filter((line) => line.happening === "ready" && line.version === "2");
  const fifth = ready[4];
  if (fifth === undefined) throw new Error("the program says that five are ready, and they do not");
  const pid = witness.pidOf(fifth.id);
  if (signal === "SIGKILL") await witness.tell({ ...fifth, happening: "ends" });
  process.kill(pid, signal);
}

/** What is under way to a process that is killed is lost with it; nothing else is. */
async function expectNoFailures(watched: WatchedDemo, signal: "SIGUSR2" | "SIGKILL"): Promise<void> {
  const answers = Object.keys(await watched.answers());
  const expected = signal === "SIGKILL" ? answers.filter((answer) => answer.startsWith("version")) : answers;
  expect(expected.sort()).toEqual(["version 1", "version 2"]);
}

async function expectTenOld(demo: Demo, witness: Witness): Promise<void> {
  const shown = await shownBy(demo);
  expect(shown).toMatchObject({ deployment: 0, verdict: "unhealthy", quarantined: [{ deployment: 1 }] });
  expect(shown?.replicas.map(({ deployment, status, ready }) => [deployment, status, ready])).toEqual(
    Array.from({ length: replicas }, () => [0, "running", true]),
  );
  expect(new Set(shown?.replicas.map(({ num }) => num)).size).toBe(replicas);
  expect(await demo.processes()).toHaveLength(replicas);
  expect(await extremes(witness)).toEqual({ leastWell: replicas - 1, mostAlive: replicas + 1 });
}

async function deployments(demo: Demo): Promise<readonly number[]> {
  return (await shownBy(demo))?.replicas.map(({ deployment }) => deployment) ?? [];
}

/** From when all of version 1 were ready. */
async function extremes(witness: Witness): Promise<{ readonly leastWell: number; readonly mostAlive: number }> {
  const counts = countsOver(await witness.lines());
  const since = counts.slice(counts.findIndex(({ well }) => well === replicas));
  return {
    leastWell: Math.min(...since.map(({ well }) => well)),
    mostAlive: Math.max(...since.map(({ alive }) => alive)),
  };
}
