import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { digest } from "../../lib/digest.ts";
import { BackendError } from "../errors.ts";
import type { Sockets } from "./instance-file.ts";

/** The system's limit for a socket's path is 103 bytes and more. */
const maxPath = 100;

/** Where a replica's sockets go: into its own directory, or a short one under the temporary directory when that path is too long. */
export function socketsOf(directory: string, staging: string): Sockets {
  if (fits(directory)) return socketsIn(directory);
  const short = shortDirectory(staging);
  if (short === null)
    throw new BackendError("local", "unavailable", "no directory with a path short enough for sockets");
  return socketsIn(short);
}

/** Makes the directory for sockets that have no room in the replica's. It must not be there: others may write to the temporary directory. */
export async function makeSocketDirectory(sockets: Sockets, directory: string): Promise<void> {
  const place = dirname(sockets.service);
  if (place !== directory) await mkdir(place, { mode: 0o700 });
}

/** Removes such a directory of a preparation that was killed. */
export async function removeSocketDirectory(staging: string): Promise<void> {
  const short = shortDirectory(staging);
  if (short !== null) await rm(short, { recursive: true, force: true });
}

function socketsIn(directory: string): Sockets {
  return { service: join(directory, "s"), control: join(directory, "c") };
}

function shortDirectory(staging: string): string | null {
  const name = `dstack-gitops-${digest(staging).slice("sha256:".length, "sha256:".length + 16)}`;
  return [tmpdir(), "/tmp"].map((parent) => join(parent, name)).find(fits) ?? null;
}

function fits(directory: string): boolean {
  return Buffer.byteLength(join(directory, "s")) <= maxPath;
}
