import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** A process for good: pids are used again, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Linux: clock ticks since boot. Elsewhere: as `ps` prints it. */
  readonly start: string;
}

/** `null`: there is no such process. Throws when that cannot be told. */
export function identify(pid: number): ProcessIdentity | null {
  if (!exists(pid)) return null;
  if (process.platform === "linux") {
    const stat = readStat(pid);
    return stat === null ? null : parseStat(stat);
  }
  const start = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
    encoding: "utf8",
    env: { LC_ALL: "C", PATH: "/bin:/usr/bin" },
  });
  return start.trim() === "" ? null : { pid, start: start.trim() };
}

/** Whether this very process still runs: a zombie does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.start === identity.start;
}

/** A line of `/proc/<pid>/stat`, as the process that it is about was called by the `/proc` that was read. `null` for a zombie. */
export function parseStat(stat: string): ProcessIdentity | null {
  const pid = Number.parseInt(stat, 10);
  // The second field is the command in parentheses, which may itself contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, start] = [fields[0], fields[19]];
  if (!Number.isSafeInteger(pid) || start === undefined)
    throw new Error(`unexpected line of /proc/<pid>/stat: ${stat}`);
  return state === "Z" || state === "X" ? null : { pid, start };
}

/** Sends a signal to this very process, if it still runs. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

function readStat(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return null;
    throw error;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH");
  }
}

/** Names the PID namespace of this process; `null` where the system has none. */
export function pidNamespace(): string | null {
  return process.platform === "linux" ? readlinkSync("/proc/self/ns/pid") : null;
}

/** Whether an error is one of the system's with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
