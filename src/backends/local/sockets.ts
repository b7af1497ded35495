import { lstat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BackendError } from "../errors.ts";
import { makePrivate } from "./dispose.ts";

/** The system's limit for a socket's path is 103 bytes and more. */
const maxPath = 100;
const room = "/0123456789abcdef.s".length;

/** Where a replica's sockets go: into its own directory, or a short one under the temporary directory when that path is too long. */
export async function socketDirectory(directory: string): Promise<string> {
  if (Buffer.byteLength(directory) + room <= maxPath) return directory;
  const name = `dstack-gitops-${process.getuid?.() ?? "user"}`;
  const short = [tmpdir(), "/tmp"]
    .map((parent) => join(parent, name))
    .find((path) => Buffer.byteLength(path) + room <= maxPath);
  if (short === undefined)
    throw new BackendError("local", "unavailable", "no directory with a path short enough for sockets");
  await makePrivate(short);
  const found = await lstat(short);
  // Others may write to the temporary directory: what they put there in our name is not used.
  const ours = found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o077) === 0;
  if (!ours)
    throw new BackendError("local", "unavailable", `${short} belongs to somebody else: remove it, or set TMPDIR`);
  return short;
}
