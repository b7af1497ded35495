/**
 * Runs beside one replica, inside its namespaces where it has some: starts the commands, carries connections to them,
 * keeps what they print, ends them. Outlives the command that started it, so nothing here may need that command, and
 * starts in a moment: only modules that are small.
 */
import { readFileSync, renameSync, writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { basename, dirname } from "node:path";

import { startControl } from "./control.ts";
import { isLatest } from "./fences.ts";
import { writeInstanceFile } from "./instance-file.ts";
import type { LocalInstance } from "./instance-file.ts";
import { parseLaunch } from "./launch.ts";
import type { Launch, LaunchAnswer } from "./launch.ts";
import { identify, parseStat } from "./process-identity.ts";
import { hasCode } from "./process-identity.ts";
import { createRelay } from "./relay.ts";
import type { Relay } from "./relay.ts";
import { runReplica } from "./run-replica.ts";

await supervise();

async function supervise(): Promise<void> {
  const launch = parseLaunch(readFileSync(0, "utf8"));
  if (launch === null) return;
  const instance: LocalInstance = { ...launch.instance, process: whoAmI() };
  process.chdir(launch.staging);
  const relay = await openRelay(launch);
  const control = await startControl(bindable(launch, instance.sockets.control));
  // Whoever told us may have stood still since, and somebody else taken over.
  const refusal = !isLatest(launch.fence) ? "fenced" : publish(launch, instance) ? null : "taken";
  if (refusal !== null) {
    relay?.server.close();
    control.close();
    return answer(refusal);
  }
  const replica = runReplica(launch, instance, relay);
  control.onTerminate(replica.terminate);
  answer("published");
  // At its end it is too late for those that start meanwhile.
  flushCompileCache();
  await replica.ended;
  process.exit(0);
}

/** In a namespace its init tells, which read it where pids are those of the host. */
function whoAmI(): LocalInstance["process"] {
  const stat = process.argv[2];
  const identity = stat === undefined ? identify(process.pid) : parseStat(stat);
  if (identity === null) throw new Error("cannot tell this process's start time");
  return identity;
}

async function openRelay(launch: Launch): Promise<Relay | null> {
  if (launch.instance.address.kind === "tcp") return null;
  const relay = createRelay(launch.port);
  await new Promise<void>((resolve, reject) => {
    relay.server.once("error", reject);
    relay.server.listen(bindable(launch, launch.instance.sockets.service), resolve);
  });
  return relay;
}

/** A socket is found by its file, which stays the same when the directory that it is in gets its name. */
function bindable(launch: Launch, path: string): string {
  return dirname(path) === launch.directory ? basename(path) : path;
}

/** One step makes the replica exist: before it nothing runs, after it every listing shows it. False: its token was used already. */
function publish(launch: Launch, instance: LocalInstance): boolean {
  writeInstanceFile(launch.staging, instance);
  try {
    renameSync(launch.staging, launch.directory);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")) return false;
    throw error;
  }
}

/** Nobody may be there to hear it any more. */
function answer(text: LaunchAnswer): void {
  try {
    writeSync(1, `${text}\n`);
  } catch (error) {
    if (!hasCode(error, "EPIPE")) throw error;
  }
}
