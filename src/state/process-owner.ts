import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, readFile, readlink, unlink, writeFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join } from "node:path";

import type { LeaseOwner } from "./lease-record.ts";

/** This process as the owner of leases: its run where there is one, and how others on this host can tell whether it lives. */
export async function currentOwner(env: NodeJS.ProcessEnv = process.env): Promise<LeaseOwner> {
  const [host, boot, pidStart] = await Promise.all([hostId(env), bootId(), processStart(process.pid)]);
  const run = env["GITHUB_RUN_ID"];
  const inActions = env["GITHUB_ACTIONS"] === "true" && run !== undefined;
  return {
    run: inActions ? `${env["GITHUB_REPOSITORY"] ?? "github"}/runs/${run}` : `${hostname()}:${process.pid}`,
    attempt: inActions ? Number(env["GITHUB_RUN_ATTEMPT"] ?? 1) : 1,
    nonce: randomBytes(12).toString("hex"),
    host,
    boot,
    pid: process.pid,
    pidStart,
    ...(inActions ? { github: workflowOf(env) } : {}),
  };
}

/** How others learn whether a workflow's run is over. A job may be over before its run: its id is `${{ job.check_run_id }}`. */
function workflowOf(env: NodeJS.ProcessEnv): NonNullable<LeaseOwner["github"]> {
  const job = env["DSTACK_GITOPS_JOB_ID"] ?? "";
  const api = env["GITHUB_API_URL"] ?? "https://api.github.com";
  return /^[1-9]\d{0,15}$/.test(job) ? { api, job: Number(job) } : { api };
}

/** Whether an owner's process lives: proven on its own host, `"unknown"` from anywhere else. */
export async function isOwnerAlive(
  owner: LeaseOwner,
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean | "unknown"> {
  const { host, boot, pid, pidStart } = owner;
  if (host === null || pid === null || pidStart === null || host !== (await hostId(env))) return "unknown";
  const now = await bootId();
  if (boot === null || now === null) return "unknown";
  return boot === now ? isProcessAlive(pid, pidStart) : false;
}

/** Whether the process that started then still has that pid. */
export async function isProcessAlive(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  if (await isZombie(pid)) return false;
  const found = await processStart(pid);
  // A process that cannot be looked at may be the one.
  return found === null || start === "unknown" || plain(found) === plain(start);
}

function plain(start: string): string {
  return start.replaceAll(/[^A-Za-z0-9]/g, "");
}

/** When a process started, in the host's own words: equal for one process, different for the next with its pid. `null`: not known. */
export async function processStart(pid: number): Promise<string | null> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  if (stat !== null) return statFields(stat)[19] ?? null;
  return ask("ps", ["-o", "lstart=", "-p", String(pid)]);
}

let own: Promise<string> | null = null;

/** When this process started, as part of a file's name; asked once. */
export function processMark(): Promise<string> {
  return (own ??= processStart(process.pid).then((start) => plain(start ?? "unknown")));
}

/** Ended, but its parent has not looked yet: it does nothing any more. */
async function isZombie(pid: number): Promise<boolean> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  return stat !== null && ["Z", "X"].includes(statFields(stat)[0] ?? "");
}

/** Fields of `/proc/PID/stat` behind the command, which may itself hold blanks and parentheses. */
function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

async function bootId(): Promise<string | null> {
  const linux = await readOrNull("/proc/sys/kernel/random/boot_id");
  // Elsewhere the start of the first process is that of the boot.
  return linux?.trim() ?? ask("ps", ["-o", "lstart=", "-p", "1"]);
}

/**
 * A name for where pids mean what they mean here: a random id kept in the state directory, the machine's own id, and the
 * PID namespace, since a container that shares the first two has other pids.
 */
async function hostId(env: NodeJS.ProcessEnv): Promise<string> {
  const directory = join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "dstack-gitops");
  const [kept, machine, namespace] = await Promise.all([
    keptId(directory),
    readOrNull("/etc/machine-id"),
    readlink("/proc/self/ns/pid").catch(() => ""),
  ]);
  return createHash("sha256")
    .update([kept, machine ?? "", namespace].join("\n"))
    .digest("hex")
    .slice(0, 32);
}

async function keptId(directory: string): Promise<string> {
  const path = join(directory, "host-id");
  const kept = await readOrNull(path);
  if (kept !== null && kept.trim() !== "") return kept.trim();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const id = randomBytes(16).toString("hex");
  const draft = `${path}.${id}`;
  await writeFile(draft, `${id}\n`, { mode: 0o600 });
  // A link fails where a file is: of two first processes, both take the one that came first.
  await link(draft, path).catch(() => {});
  await unlink(draft);
  return (await readFile(path, "utf8")).trim();
}

async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

async function ask(command: string, args: readonly string[]): Promise<string | null> {
  const { execa } = await import("execa");
  const answer = await execa(command, [...args], { reject: false, env: { LC_ALL: "C" }, timeout: 5_000 });
  return answer.exitCode === 0 && answer.stdout.trim() !== "" ? answer.stdout.trim() : null;
}
