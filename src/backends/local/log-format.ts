import type { LogLine } from "../backend.ts";

/** One line of a log file: `<milliseconds> <o|e> <text>`. */
export function encodeLogLine(line: LogLine): string {
  return `${line.time} ${line.stream === "stdout" ? "o" : "e"} ${line.text}\n`;
}

/** `null` for what is no line of a log, such as one that was cut by a full disk. */
export function decodeLogLine(text: string): LogLine | null {
  const match = /^(?<time>\d+) (?<stream>[oe]) (?<text>.*)$/s.exec(text)?.groups;
  if (match === undefined) return null;
  return {
    time: Number(match["time"]),
    stream: match["stream"] === "o" ? "stdout" : "stderr",
    text: match["text"] ?? "",
  };
}

/** The file that is written to, and the one that it was before the last rotation. */
export const logFiles = { current: "log", previous: "log.1" } as const;
