import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { isMissing } from "../git/work-tree-source.ts";
import { isProcessAlive, processMark } from "./process-owner.ts";

/** A part of a file's name that no other file has, and that tells whose it is: `<pid>-<start>-<random>`. What a killed process leaves is known by it. */
export async function draftMark(): Promise<string> {
  return `${process.pid}-${await processMark()}-${randomBytes(4).toString("hex")}`;
}

/** Whether the process that made the mark is gone. */
export async function isAbandoned(mark: string): Promise<boolean> {
  const [pid = "", start = ""] = mark.split("-");
  return /^\d+$/.test(pid) && !(await isProcessAlive(Number(pid), start));
}

/** Removes what killed processes left in a directory: files and folders with this beginning and a mark. What cannot be removed now is tried again by the next. */
export async function sweepDrafts(directory: string, beginning: string): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (!name.startsWith(beginning) || !(await isAbandoned(name.slice(beginning.length)))) continue;
    // A git process that lives on may still be writing there.
    await rm(join(directory, name), { recursive: true, force: true, maxRetries: 3, retryDelay: 20 }).catch(() => {});
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
