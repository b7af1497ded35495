import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { logFiles } from "./log-format.ts";
import { hasCode } from "./process-identity.ts";

const keptAttempts = 3;
const keptMs = 24 * 3_600_000;

/** A directory of logs whose replica is gone: `<directory>@<service>@<ended, ms>`. */
interface KeptLogs {
  readonly name: string;
  readonly directory: string;
  readonly group: string;
  readonly endedAt: number;
}

/** Moves an ended replica's logs to where they are kept for a day, the last few attempts of each service. */
export async function keepLogs(
  source: string,
  logsDirectory: string,
  replica: { readonly directory: string; readonly service: string },
): Promise<void> {
  const target = join(logsDirectory, `${replica.directory}@${replica.service}@${Date.now()}`);
  await mkdir(target, { recursive: true, mode: 0o700 });
  const files = Object.values(logFiles);
  await Promise.all(files.map((file) => unlessMissing(rename(join(source, file), join(target, file)))));
  // Somebody else may have been first.
  await rmdir(target).catch(() => undefined);
}

/** Removes kept logs that are too old or too many, and their place with the last of them. */
export async function pruneLogs(logsDirectory: string, now: number): Promise<void> {
  const kept = await listKept(logsDirectory);
  const newestFirst = kept.toSorted((a, b) => b.endedAt - a.endedAt);
  const seen = new Map<string, number>();
  for (const logs of newestFirst) {
    const count = (seen.get(logs.group) ?? 0) + 1;
    seen.set(logs.group, count);
    if (count > keptAttempts || now - logs.endedAt > keptMs)
      await rm(join(logsDirectory, logs.name), { recursive: true, force: true });
  }
  await rmdir(logsDirectory).catch(() => undefined);
}

/** Where the logs of a replica that is gone are kept; `null`: no longer, or there never was one. */
export async function findKeptLogs(logsDirectory: string, directory: string): Promise<string | null> {
  const kept = (await listKept(logsDirectory)).filter((logs) => logs.directory === directory);
  const newest = kept.toSorted((a, b) => b.endedAt - a.endedAt)[0];
  return newest === undefined ? null : join(logsDirectory, newest.name);
}

async function listKept(logsDirectory: string): Promise<readonly KeptLogs[]> {
  const names = (await unlessMissing(readdir(logsDirectory))) ?? [];
  return names.flatMap((name) => {
    const [directory, service, endedAt] = name.split("@");
    if (directory === undefined || service === undefined || endedAt === undefined) return [];
    // The last dot separates the token from the state's mark: services of two states are kept apart.
    return [
      { name, directory, group: `${service}${directory.slice(directory.lastIndexOf("."))}`, endedAt: Number(endedAt) },
    ];
  });
}

/** The answer, or `undefined` for what is not there (any more). */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
