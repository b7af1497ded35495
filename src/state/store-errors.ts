import { GitError } from "../git/git-error.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import type { WriteOutcome } from "./branch.ts";

/** Errors of the store, for whoever runs a command: every attempt lost a race, or met a lock. */
export function busy(attempts: number, cause: unknown): UserError {
  const reason = cause instanceof Error ? `; at last: ${cause.message}` : "";
  return new UserError("state-busy", `the state could not be written in ${attempts} attempts${reason}`, {
    exitCode: exitCodes.failed,
    hint: "many runs write at once, or one was killed and left a lock file: run the command again, then see what it names",
    cause,
  });
}

/** The answer to a write was lost, and the branch cannot be read to learn more. */
export function doubt(cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UserError("state-doubtful", `it could not be learned whether the state was written: ${reason}`, {
    exitCode: exitCodes.failed,
    hint: "run the command again: it goes on from whatever was written",
    cause,
  });
}

/** Whether a write has failed so often that it gives up: one that only loses races goes on for three minutes. */
export function isHopeless(outcome: WriteOutcome, attempts: number, ms: number): boolean {
  if (outcome.kind === "doubtful" && isRateLimited(outcome.cause)) return ms >= longest;
  return attempts >= 1_000 || (attempts >= 40 && (!isRace(outcome) || ms >= longest));
}

const longest = 180_000;

/**
 * Milliseconds: 10, 20, 40 … at most 1,000, each somewhere between half of it and all; where fewer requests are asked for,
 * seconds.
 */
export function pauseAfterFailure(cause: unknown, attempt: number, random: number): number {
  const [first, most] = isRateLimited(cause) ? [2_000, 60_000] : [10, 1_000];
  return Math.min(most, first * 2 ** (attempt - 1)) * (0.5 + random / 2);
}

export interface LostRace {
  readonly attempt: number;
  /** How long the attempt took, in milliseconds. */
  readonly took: number;
  readonly random: number;
}

/**
 * Milliseconds before another attempt. After a lost race about as long as an attempt takes, and less with every one: who
 * has waited longest goes first. What fails otherwise is given more time with every failure.
 */
export function pauseAfterRace(outcome: WriteOutcome, { attempt, took, random }: LostRace): number {
  if (!isRace(outcome)) return pauseAfterFailure(outcome.kind === "written" ? null : outcome.cause, attempt, random);
  return Math.min(1_000, Math.max(10, took)) * (0.5 + random) * (2 / (attempt + 1));
}

function isRace(outcome: WriteOutcome): boolean {
  return outcome.kind === "moved" && !(outcome.cause instanceof GitError && outcome.cause.reason === "locked");
}

function isRateLimited(cause: unknown): boolean {
  return cause instanceof GitError && cause.reason === "rate-limited";
}

/** The cache of this machine takes nothing. */
export function unusableCache(place: string, cause: unknown): never {
  if (!(cause instanceof Error) || !("code" in cause) || cause instanceof UserError) throw cause;
  throw new UserError("cache-unusable", `what is fetched of the state cannot be kept in ${place}: ${cause.message}`, {
    exitCode: exitCodes.failed,
    hint: "make room and let this user write there, or set XDG_CACHE_HOME to another directory",
    cause,
  });
}

/** A file that a commit names, and whose content is not to be had: of what it says nothing is known. */
export function missingFile(path: string): never {
  throw new UserError("state-incomplete", `state branch, ${path}: its content is missing`, {
    exitCode: exitCodes.failed,
    hint: "nothing was changed. Run the command again; if that is no help, `git fsck` in the repository that has the branch says what it has lost",
  });
}

/** A content that no record names any more, or that never was written. */
export function missingContent(content: string): never {
  throw new UserError("state-content-missing", `the state branch does not keep content ${content}`, {
    exitCode: exitCodes.failed,
    hint: "apply the service again: its files are pinned anew",
  });
}
