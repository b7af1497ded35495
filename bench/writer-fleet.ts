import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { build } from "rolldown";

import { systemClock } from "../src/lib/clock.ts";
import { gitBranchStore } from "../src/state/git-branch.ts";
import { startGitHttp } from "../test/support/git-http.ts";
import { tempDirectory, tempRepository } from "../test/support/temp-repository.ts";

const source = fileURLToPath(new URL("programs/steady-writer.ts", import.meta.url));

export interface FleetOptions {
  readonly writers: number;
  readonly seconds: number;
  /** Machines that the writers are spread over: each has a cache of its own. */
  readonly hosts?: number;
  /** Seconds between kills of a random writer; it is started again. */
  readonly killEvery?: number;
}

export interface FleetOutcome {
  readonly acknowledged: number;
  readonly perSecond: number;
  /** Of every acknowledged write, in milliseconds, shortest first. */
  readonly waits: readonly number[];
  readonly kills: number;
  /** What must not be: writes that were acknowledged and are not there, commits that nobody made, writers that failed. */
  readonly faults: readonly string[];
  /** Acknowledged writes of each writer. */
  readonly shares: readonly number[];
}

interface Writer {
  readonly name: string;
  readonly host: number;
  process: ChildProcess;
  last: number;
  acknowledged: number;
  killed: boolean;
}

/** Processes that write to one branch over HTTP for some time, each its own service as fast as it can. */
export async function runFleet({ writers: count, seconds, hosts = 1, killEvery }: FleetOptions): Promise<FleetOutcome> {
  await using user = await tempRepository();
  await using remote = await tempRepository({ bare: true });
  await using caches = await tempDirectory();
  await using server = await startGitHttp(join(remote.path, ".."), null);
  const url = `${server.url}/repository.git`;
  // In one file, as users have it: starting processes is no part of what is measured.
  const program = join(caches.path, "writer.mjs");
  await build({ input: source, platform: "node", output: { file: program, codeSplitting: false } });
  const waits: number[] = [];
  const faults: string[] = [];
  let counting = false;
  let kills = 0;
  const fleet = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const [name, host] = [`service-${index}`, index % hosts];
      const writer: Writer = { name, host, process: start(name, host), last: 0, acknowledged: 0, killed: false };
      await follow(writer);
      return writer;
    }),
  );
  counting = true;
  for (const writer of fleet) begin(writer);
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    await sleep(Math.min((killEvery ?? seconds) * 1000, Math.max(0, until - performance.now())));
    if (killEvery === undefined || performance.now() >= until) continue;
    await killOne(fleet[Math.floor(Math.random() * fleet.length)]);
  }
  counting = false;
  const counted = waits.length;
  await Promise.all(fleet.map(end));
  await using store = gitBranchStore({
    root: user.path,
    branch: "dstack-state",
    remote: url,
    clock: systemClock,
    env: envOf(0),
  });
  const state = await store.load();
  let written = 0;
  for (const { name, last } of fleet) {
    const there = state.services.get(name)?.record?.attempts ?? 0;
    written += there;
    if (there < last || (kills === 0 && there > last)) faults.push(`${name}: ${last} acknowledged, ${there} there`);
  }
  if (state.generation !== written) faults.push(`${state.generation} commits, ${written} writes`);
  return {
    acknowledged: counted,
    perSecond: counted / seconds,
    waits: waits.toSorted((a, b) => a - b),
    kills,
    faults,
    shares: fleet.map(({ acknowledged }) => acknowledged),
  };

  function envOf(host: number): NodeJS.ProcessEnv {
    const place = join(caches.path, String(host));
    return { ...process.env, XDG_CACHE_HOME: place, NODE_COMPILE_CACHE: join(place, "node") };
  }

  function start(name: string, host: number): ChildProcess {
    return spawn(process.execPath, [program, user.path, url, name], {
      env: envOf(host),
      stdio: ["pipe", "pipe", "pipe"],
    });
  }

  /** Resolves when the writer is ready; then listens to what it says. */
  async function follow(writer: Writer): Promise<void> {
    const { process: child } = writer;
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.stdin?.on("error", () => {});
    child.on("close", (code) => {
      if (child === writer.process && !writer.killed && code !== 0)
        faults.push(`${writer.name} ended with ${code}: ${errors}`);
    });
    await new Promise<void>((ready) => {
      child.on("close", () => ready());
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line === "ready") return ready();
        const [number = 0, wait = 0] = line.split(" ").map(Number);
        writer.last = Math.max(writer.last, number);
        if (!counting) return;
        writer.acknowledged += 1;
        waits.push(wait);
      });
    });
  }

  async function killOne(writer: Writer | undefined): Promise<void> {
    if (writer === undefined) return;
    writer.killed = true;
    const { process: child } = writer;
    child.kill("SIGKILL");
    await once(child, "close");
    kills += 1;
    writer.process = start(writer.name, writer.host);
    writer.killed = false;
    again(writer).catch((error: unknown) => faults.push(String(error)));
  }

  async function again(writer: Writer): Promise<void> {
    await follow(writer);
    begin(writer);
  }

  async function end({ process: child }: Writer): Promise<void> {
    child.stdin?.end("over\n");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  }
}

function begin({ process: child }: Writer): void {
  child.stdin?.write("begin\n");
}
