import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

import { encodeLogLine, logFiles } from "./log-format.ts";

const maxBytes = 8 * 1024 * 1024;
/** A service that never ends its line must not fill the memory. */
const maxLine = 64 * 1024;

/** Writes what a replica prints, line by line, into two files of bounded size. */
export interface LogWriter {
  write(stream: "stdout" | "stderr", text: string): void;
  /** Resolves when the stream has ended and its last line is written. */
  follow(stream: "stdout" | "stderr", readable: Readable): Promise<void>;
}

/** Appends to the log of a replica's directory; `limit` is the size at which a file is put aside. */
export function createLogWriter(directory: string, limit: number = maxBytes): LogWriter {
  const path = join(directory, logFiles.current);
  let file = openSync(path, "a", 0o600);
  let size = 0;

  function append(stream: "stdout" | "stderr", lines: readonly string[]): void {
    if (lines.length === 0) return;
    const time = Date.now();
    const bytes = Buffer.from(lines.map((text) => encodeLogLine({ time, stream, text })).join(""));
    try {
      if (size > 0 && size + bytes.length > limit) rotate();
      size += writeSync(file, bytes);
    } catch {
      // A full disk costs lines of the log, not the service.
    }
  }

  function rotate(): void {
    renameSync(path, join(directory, logFiles.previous));
    closeSync(file);
    file = openSync(path, "a", 0o600);
    size = 0;
  }

  function follow(stream: "stdout" | "stderr", readable: Readable): Promise<void> {
    const decoder = new StringDecoder("utf8");
    let rest = "";
    return new Promise((resolve) => {
      readable.on("data", (chunk: Buffer) => {
        const lines = (rest + decoder.write(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (; rest.length > maxLine; rest = rest.slice(maxLine)) lines.push(rest.slice(0, maxLine));
        append(stream, lines.map(withoutReturn));
      });
      readable.once("close", () => {
        rest += decoder.end();
        if (rest !== "") append(stream, [withoutReturn(rest)]);
        resolve();
      });
      readable.on("error", () => readable.destroy());
    });
  }

  return { write: (stream, text) => append(stream, text.split("\n")), follow };
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
