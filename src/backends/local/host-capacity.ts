import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { arch, availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";

import type { HostCapacity } from "./requirements.ts";

const gigabyte = 1024 ** 3;

/** What this host has; `directory` is where replicas will be, or would be. */
export async function measureHost(directory: string): Promise<HostCapacity> {
  return {
    platform: process.platform,
    arch: architecture(),
    cpus: availableParallelism(),
    // Rounded as machines are sold: the kernel keeps some of what is built in.
    memoryGb: Math.ceil(totalmem() / gigabyte),
    diskGb: Math.floor(await spaceFor(directory)),
    shmGb: existsSync("/dev/shm") ? await spaceOf("/dev/shm", "total") : null,
  };
}

async function spaceOf(directory: string, part: "free" | "total"): Promise<number> {
  const { bsize, bavail, blocks } = await statfs(directory);
  return (bsize * (part === "free" ? bavail : blocks)) / gigabyte;
}

/** Of the nearest directory that there is: this one comes with its first replica, and may go with its last at any moment. */
async function spaceFor(directory: string): Promise<number> {
  try {
    return await spaceOf(directory, "free");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!missing || dirname(directory) === directory) throw error;
    return spaceFor(dirname(directory));
  }
}

function architecture(): HostCapacity["arch"] {
  if (arch() === "x64") return "x86";
  return arch() === "arm64" ? "arm" : null;
}
