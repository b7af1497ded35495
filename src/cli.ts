/** The command line: this process as the program sees it, and its exit code. */

import type { Io } from "./commands/io.ts";
import { listenForInterruptions } from "./lib/interruption.ts";
import { run } from "./run.ts";

const interruptions = listenForInterruptions(process);

// A reader that has gone (`| head`) wants nothing more.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});

interruptions.ended(await run(process.argv.slice(2), ioOf(process)));

function ioOf({ env, stdout, stderr, stdin }: NodeJS.Process): Io {
  const terminal = stderr.isTTY && stdin.isTTY;
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    terminal,
    colors: stderr.isTTY && env["NO_COLOR"] === undefined && env["TERM"] !== "dumb",
    ask,
    env,
    cwd: process.cwd(),
    signal: interruptions.signal,
  };
}

async function ask(question: string, signal: AbortSignal): Promise<string | null> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // An end of the input is no answer.
  const ended = new Promise<null>((resolve) => lines.once("close", () => resolve(null)));
  try {
    const answer = await Promise.race([lines.question(question, { signal }), ended]);
    return answer === null ? null : answer.trim();
  } catch {
    return null;
  } finally {
    lines.close();
  }
}
