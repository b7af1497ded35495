/**
 * What the embedded gateway costs: keep-alive throughput and latency through it, against the same upstream asked directly
 * and against the floor of any proxy on node:http (a bare request piped both ways). Prints one JSON line.
 *
 * Usage: node bench/gateway.ts [--seconds N] [--connections N]
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { z } from "zod";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "4" }, connections: { type: "string", default: "16" } },
});
const Listening = z.object({ port: z.int() });

interface Measured {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const directory = await mkdtemp(join(tmpdir(), "gateway-bench-"));
const children: ChildProcess[] = [];
try {
  const socket = join(directory, "upstream.sock");
  const upstream = await start("upstream", [socket]);
  const bare = await start("bare", [socket]);
  const gateway = await start("gateway", [socket, directory]);
  const path = "/proxy/services/main/bench/";
  const targets = [
    { name: "direct", port: upstream, path: "/" },
    { name: "bare", port: bare, path },
    { name: "gateway", port: gateway, path },
  ];
  const results: Record<string, Measured> = {};
  // Once to warm up, then in turn, so that a busy moment of the machine hits all of them.
  for (const round of [1, Number(values.seconds) / 2, Number(values.seconds) / 2]) {
    for (const { name, ...target } of targets) results[name] = await measure({ ...target, seconds: round });
  }
  const { direct, bare: floor, gateway: ours } = results;
  if (direct === undefined || floor === undefined || ours === undefined) throw new Error("nothing was measured");
  const document = {
    bench: "gateway",
    ...results,
    throughputOfBare: round2(ours.requestsPerSecond / floor.requestsPerSecond),
    throughputOfDirect: round2(ours.requestsPerSecond / direct.requestsPerSecond),
    addedLatencyOfBare: round2((ours.p50Ms - direct.p50Ms) / Math.max(0.001, floor.p50Ms - direct.p50Ms)),
  };
  process.stdout.write(`${JSON.stringify(document)}\n`);
} finally {
  for (const child of children) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
}

/** Every server in a process of its own, as in use. */
async function start(what: string, args: readonly string[]): Promise<number> {
  const child = fork(join(import.meta.dirname, "gateway-servers.ts"), [what, ...args]);
  children.push(child);
  const [{ port }] = z.tuple([Listening], z.unknown()).parse(await once(child, "message"));
  return port;
}

async function measure(target: {
  readonly port: number;
  readonly path: string;
  readonly seconds: number;
}): Promise<Measured> {
  const { Pool } = await import("undici");
  const connections = Number(values.connections);
  const pool = new Pool(`http://127.0.0.1:${target.port}`, { connections, pipelining: 1 });
  const times: number[] = [];
  const end = performance.now() + target.seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const before = performance.now();
      const { statusCode, body } = await pool.request({ method: "GET", path: target.path });
      await body.dump();
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  await pool.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => round2(times[Math.floor(times.length * share)] ?? Number.NaN);
  return { requestsPerSecond: Math.round(times.length / target.seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
