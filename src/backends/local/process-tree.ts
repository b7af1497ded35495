import { readdirSync, readFileSync } from "node:fs";

import { markerName } from "./launch.ts";
import { hasCode, pidNamespace } from "./process-identity.ts";

/** Every process of a replica, its supervisor apart. */
export interface ProcessTree {
  /** Sends the signal to all of them; false when there are none. Signal 0 only looks. */
  signal(signal: NodeJS.Signals | 0): boolean;
}

/** Everything in this PID namespace, which must be another one than that of the user's own processes. */
export function namespaceTree(outer: string | null): ProcessTree {
  const own = pidNamespace();
  if (own === null || outer === null || own === outer)
    throw new Error(`expected another PID namespace than ${outer}, got ${own}`);
  return { signal: (signal) => send(-1, signal) };
}

/** Without a namespace: the process group, and whoever carries the replica's mark in its environment. */
export function markedTree(nonce: string, group: () => number | undefined): ProcessTree {
  return {
    signal(signal) {
      const leader = group();
      if (process.platform !== "linux") return leader !== undefined && send(-leader, signal);
      const members = new Set([...findMarked(nonce), ...(leader === undefined ? [] : findGroup(leader))]);
      return [...members].filter((pid) => send(pid, signal)).length > 0;
    },
  };
}

/** Processes on this host that carry the mark of a replica, other than the caller. Empty where there is no `/proc`. */
export function findMarked(nonce: string): readonly number[] {
  const mark = `${markerName}=${nonce}`;
  return pids().filter((pid) => pid !== process.pid && environmentOf(pid).split("\0").includes(mark));
}

/** Ends whatever carries the mark of a replica, also what it starts meanwhile. */
export function killMarked(nonce: string): void {
  for (let round = 0; round < 100; round += 1) {
    const killed = findMarked(nonce).filter((pid) => send(pid, "SIGKILL"));
    if (killed.length === 0) return;
  }
}

function findGroup(leader: number): readonly number[] {
  return pids().filter((pid) => groupOf(pid) === leader);
}

/** `null` for what is not there any more, or only waits to be reaped. */
function groupOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : Number(group);
  } catch {
    return null;
  }
}

function pids(): readonly number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty for processes of other users, which cannot be ours. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, "ESRCH", "EPERM")) return false;
    throw error;
  }
}
