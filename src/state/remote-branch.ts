import { readObjects } from "../git/cat-file.ts";
import { GitError, mayHaveHappened } from "../git/git-error.ts";
import { git } from "../git/git.ts";
import type { GitResult } from "../git/git.ts";
import { openRemote, remoteName } from "../git/remote.ts";
import type { Remote } from "../git/remote.ts";
import type { Branch, BranchWrite, Tip, Version, WriteOutcome } from "./branch.ts";
import { messagesFrom } from "./local-branch.ts";
import { openObjectDatabase } from "./object-database.ts";
import type { DatabaseOptions } from "./object-database.ts";
import { pastVersions } from "./past.ts";

export interface RemoteBranchOptions extends DatabaseOptions {
  readonly branch: string;
  /** Name of a git remote of the user's repository, or an URL. */
  readonly remote: string;
  /** The user's repository, which says how the remote is reached. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A branch of a remote, through a bare repository of our own: a fetch of depth 1 would make the user's repository shallow.
 * A push that expects the tip it was made from is the compare-and-swap.
 */
export function remoteBranch(options: RemoteBranchOptions): Branch {
  const { directory } = options;
  const database = openObjectDatabase(options);
  const reference = `refs/heads/${options.branch}`;
  const kept = "refs/dstack-gitops/tip";
  let remote: Promise<Remote> | null = null;
  let fetched = false;
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: (signal) => oneAtATime(() => read(signal)),
    write: (change, signal) => oneAtATime(() => write(change, signal)),
    contents: (ids, signal) => database.contents(ids, signal),
    versions: (tip, path, signal) => oneAtATime(() => versions(tip, path, signal)),
    tipAt: (commit, signal) => oneAtATime(() => tipAt(commit, signal)),
    revive: (commit, signal) => oneAtATime(() => revive(commit, signal)),
    includes: (tip, commit, signal) => database.isAncestor(commit, tip.commit, signal),
  };

  /** Calls of one process share a repository, whose locks would refuse each other. */
  function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  }

  async function read(signal?: AbortSignal): Promise<Tip | null> {
    try {
      // History is read from the first commit that this process saw, so that its own commits can be found in it.
      await fetch(fetched ? [] : ["--depth=1"], signal);
      fetched = true;
    } catch (error) {
      if (error instanceof GitError && error.reason === "missing-ref") return null;
      throw error;
    }
    const [commit] = await readObjects([kept], { cwd: directory, signal });
    if (commit === null || commit === undefined) throw new Error("the fetched tip cannot be read");
    return database.tipOf(commit, () => deepen(commit.id, signal), signal);
  }

  async function deepen(commit: string, signal?: AbortSignal): Promise<readonly string[]> {
    await fetch(["--deepen=200"], signal);
    return messagesFrom(directory, commit);
  }

  async function fetch(depth: readonly string[], signal?: AbortSignal): Promise<void> {
    const quiet = [
      "--quiet",
      "--no-write-fetch-head",
      "--no-tags",
      "--refmap=",
      "--no-auto-maintenance",
      "--update-shallow",
    ];
    await call(["fetch", ...quiet, ...depth, remoteName, `+${reference}:${kept}`], signal);
  }

  async function write(change: BranchWrite, signal?: AbortSignal): Promise<WriteOutcome> {
    const tip = await database.store(change, signal);
    const lease = `--force-with-lease=${reference}:${change.parent?.commit ?? ""}`;
    try {
      await call(["push", "--quiet", "--no-verify", lease, remoteName, `${tip.commit}:${reference}`], signal);
      fetched = true;
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

  async function tipAt(id: string, signal?: AbortSignal): Promise<Tip | null> {
    const [commit] = await readObjects([id], { cwd: directory, signal });
    if (commit?.type !== "commit") return null;
    return database.tipOf(commit, () => messagesFrom(directory, id), signal);
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
    remote ??= openRemote(options.remote, options.root, options.env);
    const { config, env } = await remote;
    return git(args, { cwd: directory, config, env, signal });
  }
}
