import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { execa } from "execa";

import { startLoad } from "./load.ts";
import type { LoadReport } from "./load.ts";
import type { Scratch } from "./scratch.ts";

const launcher = fileURLToPath(new URL("../../bin/dstack-gitops.js", import.meta.url));

/** Enough that a single lost one in a roll would show. */
const leastRequests = 20_000;
const streams = 10;
const patienceMs = 120_000;

/** Deploys, serves, edits, and rolls once under load; resolves with whether not one request was lost. */
export async function rollOnce(scratch: Scratch, url: string): Promise<boolean> {
  const program = execa(process.execPath, [launcher, "watch", "--down", "--json"], {
    cwd: scratch.directory,
    env: scratch.env,
    stdout: "pipe",
    stderr: "pipe",
    reject: false,
    buffer: false,
  });
  const events = readEvents(program.stdout);
  program.stderr.on("data", (data: Buffer) => process.stderr.write(data));
  try {
    say("Deploying two replicas …");
    await within(events.settled(0), "the first deployment");
    say(`Serving at ${url}`);
    const load = startLoad(url, { streams });
    await until(() => load.requests() >= leastRequests / 10);
    say("Saving an edit (GREETING=Hello -> GREETING=Bonjour), under load …");
    const begun = performance.now();
    await scratch.edit("GREETING=Hello", "GREETING=Bonjour");
    await within(events.settled(1), "the second deployment");
    const seconds = (performance.now() - begun) / 1000;
    const already = load.requests();
    await until(() => load.requests() >= Math.max(leastRequests, already + leastRequests / 10));
    return report(await load.stop(), seconds);
  } finally {
    program.kill("SIGINT");
    await program;
  }
}

interface Events {
  /** Resolves once a deployment has settled. */
  settled(deployment: number): Promise<void>;
}

function readEvents(stdout: NodeJS.ReadableStream): Events {
  const seen = new Set<number>();
  let changed: () => void = () => undefined;
  const lines = createInterface({ input: stdout });
  lines.on("line", (line) => {
    const event: unknown = JSON.parse(line);
    if (typeof event !== "object" || event === null || !("event" in event) || !("deployment" in event)) return;
    if (event.event === "record" && typeof event.deployment === "number") seen.add(event.deployment);
    changed();
  });
  return {
    async settled(deployment) {
      while (!seen.has(deployment)) await new Promise<void>((resolve) => (changed = resolve));
    },
  };
}

function report(load: LoadReport, seconds: number): boolean {
  const both = (load.greetings["Hello"] ?? 0) > 0 && (load.greetings["Bonjour"] ?? 0) > 0;
  say(`Rolled 2 replicas in ${seconds.toFixed(1)} s.`);
  say(
    `Requests: ${load.requests}, failed: ${load.failures.length} (${Object.entries(load.greetings)
      .map(([greeting, count]) => `${greeting} ${count}`)
      .join(", ")})`,
  );
  say(`Streams: ${load.streams}, cut: ${load.cutStreams.length}`);
  for (const failure of [...new Set([...load.failures, ...load.cutStreams])].slice(0, 10)) say(`  ${failure}`);
  return (
    both &&
    load.failures.length === 0 &&
    load.cutStreams.length === 0 &&
    load.requests >= leastRequests &&
    load.streams === streams
  );
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle within ${patienceMs / 1000} s`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
