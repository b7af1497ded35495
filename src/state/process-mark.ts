import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { isMissing } from "../git/work-tree-source.ts";
import { isProcessAlive, processStart } from "./process-owner.ts";

let start: Promise<string> | null = null;

/** A part of a file's name that no other file has, and that tells whose it is: `<pid>-<start>-<random>`. What a killed process leaves is known by it. */
export async function processMark(): Promise<string> {
  start ??= processStart(process.pid).then((found) => (found ?? "unknown").replaceAll(/[^A-Za-z0-9]/g, ""));
  return `${process.pid}-${await start}-${randomBytes(4).toString("hex")}`;
}

/** Removes what killed processes left in a directory: files and folders with this beginning and a mark. What cannot be removed now is tried again by the next. */
export async function sweepMarked(directory: string, beginning: string): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (!name.startsWith(beginning)) continue;
    const [pid = "", started = ""] = name.slice(beginning.length).split("-");
    if (!/^\d+$/.test(pid) || (await isProcessAlive(Number(pid), started))) continue;
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
