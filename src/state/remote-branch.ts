import { GitError, isDamaged, mayHaveHappened } from "../git/git-error.ts";
import { git } from "../git/git.ts";
import type { GitResult } from "../git/git.ts";
import { remoteName } from "../git/remote.ts";
import type { Remote } from "../git/remote.ts";
import { oneAtATime } from "../lib/one-at-a-time.ts";
import type { BranchWrite, Tip, Version, WriteOutcome } from "./branch.ts";
import { descends, pastVersions } from "./file-versions.ts";
import { messagesFrom, pastIn, pastTip } from "./git-past.ts";
import { includesCommit } from "./includes-commit.ts";
import { openObjectDatabase } from "./object-database.ts";
import type { DatabaseOptions } from "./object-database.ts";
import { keptReference } from "./object-store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { PastBranch, PastCommit } from "./past.ts";

export interface RemoteBranchOptions extends Omit<DatabaseOptions, "directory" | "own"> {
  readonly objects: ObjectStore;
  readonly branch: string;
  readonly remote: Remote;
  /** The commit that this machine saw last: what is known of it is not fetched again. */
  readonly lastSeen: () => Promise<string | null>;
  /** Fetches all of the history, for what replaces it. */
  readonly whole?: boolean;
}

const quiet = [
  "--quiet",
  "--no-write-fetch-head",
  "--no-tags",
  "--refmap=",
  "--no-auto-maintenance",
  "--update-shallow",
] as const;

/**
 * A branch of a remote, through a bare repository of our own: a fetch of depth 1 would make the user's repository shallow.
 * A push that expects the tip it was made from is the compare-and-swap.
 */
export function remoteBranch(options: RemoteBranchOptions): PastBranch {
  const { objects } = options;
  const { directory } = objects;
  const database = openObjectDatabase({ ...options, directory, own: true });
  const past = pastIn(directory, database, keptReference);
  const reference = `refs/heads/${options.branch}`;
  let fetched = options.whole ?? false;
  let looked = false;
  // Calls of one process share a repository, whose locks would refuse each other.
  const inTurn = oneAtATime();
  return {
    read: (signal) => inTurn(() => orAnew(() => read(signal))),
    at: (commit, signal) => inTurn(() => at(commit, signal)),
    write: (change, signal) => inTurn(() => write(change, signal)),
    contents,
    ...past,
    stateAt: (commit, signal) => inTurn(() => stateAt(commit, signal)),
    versions: (tip, path, signal) => inTurn(() => versions(tip, path, signal)),
    tipAt: (commit, signal) => inTurn(() => past.tipAt(commit, signal)),
    revive: (commit, signal) => inTurn(() => revive(commit, signal)),
    descends: (commit, from) => descends(directory, commit, from),
    includes: (tip, commit, signal) => includesCommit({ database, directory }, tip, commit, signal),
  };

  /** What is spoilt on this machine is fetched anew, once. What was written here is not unsaid by that: its condition finds it. */
  async function orAnew<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!isDamaged(error) || objects.renew === undefined) throw error;
      await objects.renew();
      fetched = false;
      return work();
    }
  }

  async function contents(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = await database.contents(ids, signal).catch((error: unknown) => {
      if (!isDamaged(error)) throw error;
      return null;
    });
    if (found !== null && (looked || objects.renew === undefined || ids.every((id) => found.has(id)))) return found;
    looked = true;
    await inTurn(async () => {
      await objects.renew?.();
      fetched = false;
      await read(signal);
    });
    return database.contents(ids, signal);
  }

  async function read(signal?: AbortSignal): Promise<Tip | null> {
    const first = !fetched;
    let stoodOn: string | null = null;
    try {
      if (first) stoodOn = await standOnLastSeen(signal);
      // History is read from the first commit that this process saw, so that its own commits can be found in it.
      await fetch(first ? ["--depth=1"] : [], signal);
      fetched = true;
    } catch (error) {
      if (error instanceof GitError && error.reason === "missing-ref") return null;
      throw error;
    }
    const id = await objects.tip();
    const commit = id === null ? null : await database.object(id, signal);
    if (commit === null) throw new Error("the fetched tip cannot be read");
    if (first && commit.id !== stoodOn) await objects.noteEnd(commit.id);
    return database.tipOf(commit, () => deepen(commit.id, signal), signal);
  }

  async function standOnLastSeen(signal?: AbortSignal): Promise<string | null> {
    const seen = await options.lastSeen();
    if (seen === null || (await database.object(seen, signal)) === null) return null;
    await objects.keep(seen, "alone");
    return seen;
  }

  /** A commit that another process of this machine wrote or fetched: its objects are here, with as much history as we need. */
  async function at(id: string, signal?: AbortSignal): Promise<Tip | null> {
    const commit = await database.object(id, signal);
    if (commit?.type !== "commit") return null;
    const tip = await database.tipOf(commit, async () => [], signal).catch(() => null);
    if (tip === null) return null;
    await objects.keep(id, "alone");
    fetched = true;
    return tip;
  }

  /** A commit of the past, without what came before it. */
  async function stateAt(wanted: PastCommit, signal?: AbortSignal): Promise<Tip> {
    await call(["fetch", ...quiet, "--depth=1", remoteName, wanted.commit], signal);
    return pastTip(wanted, { database, directory }, signal);
  }

  async function deepen(commit: string, signal?: AbortSignal): Promise<readonly string[]> {
    await fetch(["--deepen=200"], signal);
    return messagesFrom(directory, commit);
  }

  async function fetch(depth: readonly string[], signal?: AbortSignal): Promise<void> {
    await call(["fetch", ...quiet, ...depth, remoteName, `+${reference}:${keptReference}`], signal);
  }

  async function write(change: BranchWrite, signal?: AbortSignal): Promise<WriteOutcome> {
    const tip = await database.store(change, signal);
    fetched = true;
    const lease = `--force-with-lease=${reference}:${(change.replaces ?? change.parent)?.commit ?? ""}`;
    try {
      await call(["push", "--quiet", "--no-verify", lease, remoteName, `${tip.commit}:${reference}`], signal);
      // What cannot be kept is fetched again; it does not unsay what was written.
      await objects.keep(tip.commit).catch(() => {});
      return { kind: "written", tip };
    } catch (cause) {
      if (!(cause instanceof GitError)) throw cause;
      if (cause.reason === "moved" || cause.reason === "locked") return { kind: "moved", commit: tip.commit, cause };
      if (mayHaveHappened(cause)) return { kind: "doubtful", commit: tip.commit, cause };
      throw cause;
    }
  }

  async function versions(tip: Tip, path: string, signal?: AbortSignal): Promise<readonly Version[]> {
    // Of what was fetched only the tip is here; a forge that is away now hides the past, and nothing else.
    await fetch(["--deepen=200"], signal).catch(() => {});
    return pastVersions(directory, tip.commit, path);
  }

  async function revive(commit: string, signal?: AbortSignal): Promise<boolean> {
    const lease = `--force-with-lease=${reference}:`;
    try {
      await call(["push", "--quiet", "--no-verify", lease, remoteName, `${commit}:${reference}`], signal);
      return true;
    } catch (error) {
      // A remote that no longer has what came before it takes no history that begins in the middle.
      if (error instanceof GitError) return false;
      throw error;
    }
  }

  async function call(args: readonly string[], signal?: AbortSignal): Promise<GitResult> {
    const { config, env } = options.remote;
    const run = (): Promise<GitResult> => git(args, { cwd: directory, config, env, signal });
    try {
      return await run();
    } catch (error) {
      // A call before this one was killed: the repository is ours alone, and calls come one after the other.
      if (!(error instanceof GitError && error.reason === "locked" && error.stderr.includes(directory))) throw error;
      await objects.unlock();
      return run();
    }
  }
}
