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
  options: { seconds: { type: "string", default: "6" }, connections: { type: "string", default: "16" } },
});
const turnSeconds = 0.4;
const Listening = z.object({ port: z.int() });

interface Measured {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
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
  // In short turns, so that a busy moment of the machine hits all of them; the first turn warms up.
  const turns: Record<string, Measured[]> = { direct: [], bare: [], gateway: [] };
  for (let turn = 0; turn <= Number(values.seconds) / turnSeconds; turn += 1) {
    for (const { name, ...target } of targets) {
      const measured = await measure(target);
      if (turn > 0) turns[name]?.push(measured);
    }
  }
  const [direct, floor, ours] = targets.map(({ name }) => turns[name] ?? []);
  if (direct === undefined || floor === undefined || ours === undefined) throw new Error("nothing was measured");
  const rate = ({ requestsPerSecond }: Measured): number => requestsPerSecond;
  const document = {
    bench: "gateway",
    requestsPerSecond: {
      direct: median(direct.map(rate)),
      bare: median(floor.map(rate)),
      gateway: median(ours.map(rate)),
    },
    p50Ms: { direct: p50(direct), bare: p50(floor), gateway: p50(ours) },
    throughputOfBare: round2(
      median(ours.map((turn, index) => rate(turn) / (floor[index]?.requestsPerSecond ?? Number.NaN))),
    ),
    throughputOfDirect: round2(
      median(ours.map((turn, index) => rate(turn) / (direct[index]?.requestsPerSecond ?? Number.NaN))),
    ),
    addedLatencyOfBare: round2((p50(ours) - p50(direct)) / Math.max(0.001, p50(floor) - p50(direct))),
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

async function measure(target: { readonly port: number; readonly path: string }): Promise<Measured> {
  const { Pool } = await import("undici");
  const connections = Number(values.connections);
  const pool = new Pool(`http://127.0.0.1:${target.port}`, { connections, pipelining: 1 });
  const times: number[] = [];
  const end = performance.now() + turnSeconds * 1000;
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
  return { requestsPerSecond: Math.round(times.length / turnSeconds), p50Ms: median(times) };
}

function p50(turns: readonly Measured[]): number {
  return round2(median(turns.map(({ p50Ms }) => p50Ms)));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
