import { chmod, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { LocalInstance } from "./instance-file.ts";
import { keepLogs, pruneLogs, unlessMissing } from "./kept-logs.ts";
import type { Places } from "./launch.ts";
import { hasCode } from "./process-identity.ts";

/** What of an instance has to be known to remove it. */
export type Disposable = Pick<LocalInstance, "service" | "sockets">;

/** Removes a replica's directory once nothing of it runs: its logs are kept a while, and the runtime directory goes with its last replica. */
export async function dispose(directory: string, instance: Disposable, places: Places): Promise<void> {
  await keepLogs(directory, places.logsDirectory, { directory: basename(directory), service: instance.service });
  // What it says of itself goes last: a removal that was killed is found again, and what is gone has left nothing.
  const names = (await unlessMissing(readdir(directory))) ?? [];
  const others = names.filter((name) => name !== "meta.json").map((name) => removeTree(join(directory, name)));
  await Promise.all([...others, removeSockets(instance, directory)]);
  const trash = await discard(directory);
  if (trash !== null) await removeTree(trash);
  // Whoever waits for the end does not wait for what older attempts have left.
  await pruneLogs(places.logsDirectory, Date.now());
  await removeIfEmpty(places);
}

/** Takes a directory out of sight in one step; `null`: somebody else did. */
export async function discard(directory: string): Promise<string | null> {
  const trash = join(dirname(directory), `.trash.${process.pid}.${Date.now()}.${basename(directory)}`);
  return (await unlessMissing(rename(directory, trash).then(() => trash))) ?? null;
}

/** A supervisor whose preparation was given up may still be making its sockets there. */
const persistently = { recursive: true, force: true, maxRetries: 10, retryDelay: 10 } as const;

/** Removes a directory even where the service took its own permissions away. */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, persistently);
  } catch (error) {
    if (!hasCode(error, "EACCES", "EPERM")) throw error;
    await makeWritable(directory);
    await rm(directory, persistently);
  }
}

/** The directories that only replicas need. */
export async function removeIfEmpty(places: Places): Promise<void> {
  await rmdir(replicasDirectory(places)).catch(() => undefined);
  await rmdir(places.runtimeDirectory).catch(() => undefined);
}

/** Where the directories of replicas are. */
export function replicasDirectory(places: Places): string {
  return join(places.runtimeDirectory, "replicas");
}

/** Makes a directory that only this user may look into. */
export async function makePrivate(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

/** Removes the sockets of a replica, and their directory if they have one of their own. */
export async function removeSockets({ sockets }: Disposable, directory: string): Promise<void> {
  await Promise.all([sockets.service, sockets.control].map((socket) => rm(socket, { force: true })));
  if (dirname(sockets.service) !== directory) await unlessMissing(rmdir(dirname(sockets.service)));
}

async function makeWritable(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
}
