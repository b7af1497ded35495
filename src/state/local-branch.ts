import { readObjects } from "../git/cat-file.ts";
import { GitError, mayHaveHappened } from "../git/git-error.ts";
import { git } from "../git/git.ts";
import type { BranchWrite, Tip, WriteOutcome } from "./branch.ts";
import { pastVersions } from "./file-versions.ts";
import { messagesFrom, pastIn } from "./git-past.ts";
import { includesCommit } from "./includes-commit.ts";
import type { BranchMemory, Remembered } from "./memory-of-branch.ts";
import { openObjectDatabase } from "./object-database.ts";
import type { DatabaseOptions } from "./object-database.ts";
import type { PastBranch } from "./past.ts";
import { generationOf } from "./trailers.ts";

/** A branch of the local repository, which `update-ref` compares and swaps. A second reference remembers the newest commit. */
export function localBranch(options: DatabaseOptions & { readonly branch: string }): {
  branch: PastBranch;
  memory: BranchMemory;
} {
  const { directory } = options;
  const database = openObjectDatabase(options);
  const reference = `refs/heads/${options.branch}`;
  const kept = `refs/dstack-gitops/kept/${options.branch}`;
  return {
    branch: {
      read,
      write,
      contents: (ids, signal) => database.contents(ids, signal),
      versions: (tip, path) => pastVersions(directory, tip.commit, path),
      revive,
      includes,
      ...pastIn(directory, database, reference),
    },
    memory: { recall, remember: async () => {} },
  };

  async function read(signal?: AbortSignal): Promise<Tip | null> {
    const [commit] = await readObjects([reference], { cwd: directory, signal });
    if (commit === null || commit === undefined) return null;
    return database.tipOf(commit, () => messagesFrom(directory, commit.id), signal);
  }

  async function write(change: BranchWrite, signal?: AbortSignal): Promise<WriteOutcome> {
    const tip = await database.store(change, signal);
    const before = (change.replaces ?? change.parent)?.commit ?? "";
    const swap = before === "" ? `create ${reference} ${tip.commit}` : `update ${reference} ${tip.commit} ${before}`;
    const input = `start\n${swap}\nupdate ${kept} ${tip.commit}\nprepare\ncommit\n`;
    const config = [["core.logAllRefUpdates", "false"]] as const;
    try {
      await git(["update-ref", "--stdin"], { cwd: directory, input, config, signal });
      return { kind: "written", tip };
    } catch (cause) {
      if (!(cause instanceof GitError)) throw cause;
      // A lock is held for a moment by another writer, or for ever by one that was killed: retries tell.
      if (cause.reason === "moved" || cause.reason === "locked") return { kind: "moved", cause };
      if (mayHaveHappened(cause)) return { kind: "doubtful", commit: tip.commit, cause };
      throw cause;
    }
  }

  async function revive(commit: string, signal?: AbortSignal): Promise<boolean> {
    const input = `create ${reference} ${commit}\n`;
    const made = await git(["update-ref", "--stdin"], { cwd: directory, input, signal, accept: [0, 1, 128] });
    return made.exitCode === 0;
  }

  function includes(tip: Tip, commit: string, signal?: AbortSignal): Promise<boolean> {
    return includesCommit({ database, directory }, tip, commit, signal);
  }

  async function recall(): Promise<Remembered | null> {
    const [commit] = await readObjects([kept], { cwd: directory });
    if (commit === null || commit === undefined) return null;
    const message = commit.bytes.toString("utf8");
    const generation = generationOf([message]) ?? 0;
    return {
      seen: { commit: commit.id, generation, stateId: null },
      where: `the reference ${kept} (git update-ref -d ${kept})`,
    };
  }
}
