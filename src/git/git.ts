import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";

import { reasonOf } from "./git-answers.ts";
import { gitEnvironment } from "./git-environment.ts";
import { GitError } from "./git-error.ts";

export interface GitOptions {
  readonly cwd: string;
  readonly input?: Uint8Array | string;
  /** On top of the environment that every call gets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Configuration for this call alone, handed over in the environment: neither argv nor a file ever shows it. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; default 120,000. */
  readonly timeout?: number;
  /** Bytes of standard output; default 1 GiB. */
  readonly maxBuffer?: number;
  /** Exit codes that are an answer and no error; default 0 alone. */
  readonly accept?: readonly number[];
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Standard output as text without its last line break. */
  readonly text: string;
}

/**
 * Runs git, without a shell, prompts, hooks or the caller's repository variables. Throws `GitError`. Uses child_process
 * itself, because a state commit is two calls of git and a wrapper cost as much as one of them.
 */
export async function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const what = `git ${args.find((arg) => !arg.startsWith("-")) ?? ""}`.trim();
  if (options.signal?.aborted === true) throw new GitError("aborted", `${what} was not started`);
  const outcome = await run(args, options, what);
  if ((options.accept ?? [0]).includes(outcome.exitCode)) return outcome;
  throw new GitError(reasonOf(outcome.stderr), `${what} failed`, { stderr: outcome.stderr });
}

function run(args: readonly string[], options: GitOptions, what: string): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...args], {
      cwd: options.cwd,
      env: gitEnvironment(process.env, options.config ?? [], options.env ?? {}),
      stdio: "pipe",
      windowsHide: true,
      // A process group of its own: git is ended with the helpers it started, which would go on and hold the pipes open,
      // and neither Ctrl-C nor a password prompt of ssh finds its way past us.
      detached: true,
    });
    watchOver(child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    let stopped: GitError | null = null;
    const stop = (error: GitError): void => {
      stopped ??= error;
      // On SIGTERM git removes its lock files.
      killGroup(child.pid, "SIGTERM");
      kill.refresh();
    };
    const timer = setTimeout(
      () => stop(new GitError("timeout", `${what} took longer than ${(options.timeout ?? 120_000) / 1000} s`)),
      options.timeout ?? 120_000,
    );
    const kill = setTimeout(() => {
      if (stopped === null) return;
      killGroup(child.pid, "SIGKILL");
    }, 5_000).unref();
    const abort = (): void => stop(new GitError("aborted", `${what} was interrupted`));
    options.signal?.addEventListener("abort", abort, { once: true });

    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > (options.maxBuffer ?? 2 ** 30)) return stop(new GitError("too-large", `${what} printed too much`));
      stdout.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // git may end before it has read everything; its exit code and message say why.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("error", (cause) =>
      finish(() => {
        // The same error says that there is no such program, and no such place to run it in.
        if (existsSync(options.cwd)) return reject(new GitError("git-missing", "git could not be started", { cause }));
        reject(new GitError("damaged", `${what} was not started: ${options.cwd} is gone`, { cause }));
      }),
    );
    child.on("close", (code, signal) => {
      const output = Buffer.concat(stdout);
      const errors = Buffer.concat(stderr).toString("utf8");
      finish(() => {
        if (stopped !== null) return reject(stopped);
        if (code === null) return reject(new GitError("failed", `${what} was ended by ${signal}`, { stderr: errors }));
        resolve({
          exitCode: code,
          stdout: output,
          stderr: errors,
          get text() {
            return output.toString("utf8").replace(/\n$/, "");
          },
        });
      });
    });

    function finish(settle: () => void): void {
      clearTimeout(timer);
      clearTimeout(kill);
      options.signal?.removeEventListener("abort", abort);
      settle();
    }
  });
}

/** Those that run: a process that ends before they do takes them along, since one that waits for a server that hangs would wait on for nobody. */
const running = new Set<number>();

function watchOver(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (running.size === 0) process.once("exit", endRunning);
  running.add(pid);
  child.once("close", () => {
    running.delete(pid);
    if (running.size === 0) process.off("exit", endRunning);
  });
}

function endRunning(): void {
  for (const pid of running) killGroup(pid, "SIGTERM");
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself.
  }
}
