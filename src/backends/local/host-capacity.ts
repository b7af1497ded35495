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
    diskGb: Math.floor(await spaceOf(existing(directory), "free")),
    shmGb: existsSync("/dev/shm") ? await spaceOf("/dev/shm", "total") : null,
  };
}

async function spaceOf(directory: string, part: "free" | "total"): Promise<number> {
  const { bsize, bavail, blocks } = await statfs(directory);
  return (bsize * (part === "free" ? bavail : blocks)) / gigabyte;
}

function existing(directory: string): string {
  return existsSync(directory) ? directory : existing(dirname(directory));
}

function architecture(): HostCapacity["arch"] {
  if (arch() === "x64") return "x86";
  return arch() === "arm64" ? "arm" : null;
}
