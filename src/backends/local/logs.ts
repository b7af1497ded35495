import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";

import type { LogLine, LogOptions, Owner } from "../backend.ts";
import { BackendError } from "../errors.ts";
import type { LocalContext } from "./context.ts";
import { replicasDirectory } from "./dispose.ts";
import { directoryName, readReplica } from "./instances.ts";
import { findKeptLogs, unlessMissing } from "./kept-logs.ts";
import { decodeLogLine, logFiles } from "./log-format.ts";

const followMs = 100;

/** Lines of one attempt: while it runs, after it ended, and for a while after it is gone. */
export async function* readLogs(
  context: LocalContext,
  request: { readonly owner: Owner; readonly token: string; readonly options: LogOptions },
): AsyncGenerator<LogLine> {
  const { owner, token, options } = request;
  const name = directoryName(owner, token);
  const places = [
    join(replicasDirectory(context.places), name),
    await findKeptLogs(context.places.logsDirectory, name),
  ];
  const reader = await openFirst(places.filter((place) => place !== null));
  if (reader === null) throw new BackendError("local", "not-found", `no log of ${token} is kept on this host`);
  try {
    yield* lastOf(await reader.read(), options.tail);
    while (options.follow && options.signal?.aborted !== true) {
      // Asked before reading: what was printed before the end is read after it.
      const running = await isRunning(context, name);
      yield* await reader.read();
      if (!running) break;
      await context.clock.sleep(followMs, options.signal);
    }
  } finally {
    await reader.close();
  }
}

async function isRunning(context: LocalContext, name: string): Promise<boolean> {
  const replica = await readReplica(context, name);
  return replica !== null && replica.status !== "exited" && replica.status !== "gone";
}

function lastOf(lines: readonly LogLine[], tail: number | undefined): readonly LogLine[] {
  if (tail === undefined) return lines;
  return tail === 0 ? [] : lines.slice(-tail);
}

interface LogReader {
  /** The lines that are new since the last call. */
  read(): Promise<readonly LogLine[]>;
  close(): Promise<void>;
}

async function openFirst(directories: readonly string[]): Promise<LogReader | null> {
  for (const directory of directories) {
    const file = await unlessMissing(open(join(directory, logFiles.current)));
    if (file !== undefined) return openReader(directory, file);
  }
  return null;
}

/** Follows the current file through rotations: what is open is read to its end before the next one is opened. */
async function openReader(directory: string, current: FileHandle): Promise<LogReader> {
  let file = current;
  let rest = "";
  const previous = await unlessMissing(open(join(directory, logFiles.previous)));

  async function readNew(): Promise<string> {
    const before = await readRest(file);
    const next = await unlessMissing(open(join(directory, logFiles.current)));
    if (next === undefined) return before;
    const [old, now] = [await file.stat(), await next.stat()];
    if (old.ino === now.ino) {
      await next.close();
      return before;
    }
    const last = await readRest(file);
    await file.close();
    file = next;
    return before + last + (await readRest(file));
  }

  async function read(): Promise<readonly LogLine[]> {
    const lines = (rest + (await readNew())).split("\n");
    rest = lines.pop() ?? "";
    return lines.map(decodeLogLine).filter((line) => line !== null);
  }

  if (previous !== undefined) {
    rest = await readRest(previous);
    await previous.close();
  }
  return { read, close: () => file.close() };
}

/** From where the last call ended to the end. */
async function readRest(file: FileHandle): Promise<string> {
  const chunks: Buffer[] = [];
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(256 * 1024), 0, 256 * 1024, null);
    if (bytesRead === 0) return Buffer.concat(chunks).toString();
    chunks.push(buffer.subarray(0, bytesRead));
  }
}
