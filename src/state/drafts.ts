import { hash, randomBytes } from "node:crypto";
import { mkdir, readdir, readlink, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

import { isMissing } from "../git/work-tree-source.ts";
import { isProcessAlive, processMark } from "./process-owner.ts";

/** Nobody on another host, or in another container, works on a draft for so long, in milliseconds. */
const longestAway = 30 * 24 * 3_600_000;

/** A part of a file's name that no other file has, and that tells whose it is: `<pid>-<start>-<where>-<random>`. What a killed process leaves is known by it. */
export async function draftMark(): Promise<string> {
  return `${process.pid}-${await processMark()}-${await pidsMark()}-${randomBytes(4).toString("hex")}`;
}

/** Whether the process that made the mark is gone, as far as can be known from here. */
async function isAbandoned(mark: string): Promise<boolean> {
  const [pid = "", start = ""] = mark.split("-");
  return /^\d+$/.test(pid) && !(await isElsewhere(mark)) && !(await isProcessAlive(Number(pid), start));
}

/** Containers share directories, and machines share homes: there a pid says nothing here. */
async function isElsewhere(mark: string): Promise<boolean> {
  const [, , where, random] = mark.split("-");
  return random !== undefined && where !== (await pidsMark());
}

let here: Promise<string> | null = null;

/** A short name for where pids mean what they mean in this process; asked once. */
function pidsMark(): Promise<string> {
  return (here ??= readlink("/proc/self/ns/pid")
    .catch(() => "")
    .then((namespace) => hash("sha256", `${hostname()}\n${namespace}`).slice(0, 8)));
}

/** Removes what killed processes left in a directory: files and folders with this beginning and a mark. What cannot be removed now is tried again by the next. Gives the names of what stays. */
export async function sweepDrafts(directory: string, beginning: string): Promise<readonly string[]> {
  return sweep(directory, (name) => (name.startsWith(beginning) ? name.slice(beginning.length) : null));
}

/** Removes what killed processes left of `replaceFile` in a directory. */
export async function sweepReplacements(directory: string): Promise<void> {
  await sweep(directory, (name) => /\.json\.(\d+-[^.]*-[^.]*-[^.]+)$/.exec(name)?.[1] ?? null);
}

async function sweep(directory: string, markIn: (name: string) => string | null): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const name of await namesIn(directory)) {
    const mark = markIn(name);
    if (mark === null || !((await isAbandoned(mark)) || (await isForgotten(join(directory, name), mark)))) {
      kept.push(name);
      continue;
    }
    // A git process that lives on may still be writing there.
    await rm(join(directory, name), { recursive: true, force: true, maxRetries: 3, retryDelay: 20 }).catch(() => {});
  }
  return kept;
}

/** Puts a text in the place of a JSON file's, whole or not at all. */
export async function replaceFile(path: `${string}.json`, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${await draftMark()}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

async function isForgotten(path: string, mark: string): Promise<boolean> {
  if (!/^\d+-/.test(mark) || !(await isElsewhere(mark))) return false;
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > longestAway;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
