import { exitCodes, UserError } from "../lib/user-error.ts";
import { hints, passing } from "./git-answers.ts";
import type { GitReason } from "./git-answers.ts";
import { redact } from "./remote-url.ts";

/** Something that git did not do. `message` never holds credentials. */
export class GitError extends UserError {
  readonly reason: GitReason;
  readonly stderr: string;

  constructor(reason: GitReason, what: string, options: { stderr?: string; cause?: unknown } = {}) {
    const stderr = redact(options.stderr ?? "").trim();
    const hint = hints[reason];
    super(`git-${reason}`, redact(stderr === "" ? what : `${what}: ${summary(stderr)}`), {
      exitCode: reason === "not-a-repository" || reason === "unsafe" ? exitCodes.usage : exitCodes.failed,
      ...(hint === undefined ? {} : { hint }),
      cause: options.cause,
    });
    this.reason = reason;
    this.stderr = stderr;
  }
}

/** Whether objects of this machine are what is wrong. */
export function isDamaged(error: unknown): boolean {
  return error instanceof GitError && error.reason === "damaged";
}

/** Whether a second try may go better: nobody has to do anything about it. */
export function isPassing(error: unknown): boolean {
  return error instanceof GitError ? mayHaveHappened(error) : !(error instanceof UserError);
}

/** Whether the remote may have done what was asked although we were not told so. */
export function mayHaveHappened(error: unknown): boolean {
  if (!(error instanceof GitError)) return true;
  return passing.has(error.reason);
}

/** The lines that say why, without git's advice. */
function summary(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const telling = lines.filter((line) => /^(fatal|error|remote|!)/.test(line) && !/^remote:\s*$/.test(line));
  return (telling.length > 0 ? telling : lines).slice(0, 4).join("; ");
}
