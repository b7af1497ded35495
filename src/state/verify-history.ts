import { stat } from "node:fs/promises";
import { join } from "node:path";

import { readObjects } from "../git/cat-file.ts";
import { git } from "../git/git.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import { compacted as schema } from "./compacted-schema.ts";
import type { Compacted } from "./compacted.ts";
import { historyDigest } from "./compaction.ts";
import { decode } from "./encode.ts";
import { readPast } from "./git-past.ts";
import { historyPath } from "./layout.ts";
import type { Past, PastCommit } from "./past.ts";

/** What was found to be as the summary says. */
export interface VerifiedHistory {
  /** For each compaction whose commits were kept, newest first. */
  readonly compactions: readonly { readonly replaced: Compacted["replaced"]; readonly dropped: number }[];
  /** Commits of the branch that are as they were before the last compaction. */
  readonly replayed: number;
  /** The digest of an earlier compaction whose commits were not kept. */
  readonly given: string | null;
}

/**
 * Checks the summary of a compacted branch against commits that somebody has kept: that they are those which the digest stands
 * for, and that what the branch has of them is as it was.
 */
export async function verifyHistory(
  summary: Compacted,
  branch: Past,
  /** A repository that has the commits. */
  directory: string,
  signal?: AbortSignal,
): Promise<VerifiedHistory> {
  const compactions: { replaced: Compacted["replaced"]; dropped: number }[] = [];
  let replayed = 0;
  for (let current: Compacted | null = summary; current !== null;) {
    const kept = await keptPast(current, directory, signal);
    if (kept === null) {
      if (compactions.length > 0) return { compactions, replayed, given: current.digest };
      throw mismatch(
        `it has no commit ${current.replaced.commit}, which the branch was before`,
        "name a clone, or a bundle, of the state branch from before the compaction",
      );
    }
    const before = await summaryAt(current.replaced.commit, directory, signal);
    checkSummary(current, { kept, before });
    const dropped = kept.commits.findIndex(({ commit }) => commit === current?.last.commit);
    if (current === summary) replayed = checkReplayed(branch, kept.commits.slice(0, dropped));
    compactions.push({ replaced: current.replaced, dropped: kept.commits.length - dropped });
    current = before;
  }
  return { compactions, replayed, given: null };
}

async function keptPast({ replaced }: Compacted, directory: string, signal?: AbortSignal): Promise<Past | null> {
  const past = await readPast(directory, replaced.commit, signal);
  return past.commits.length === 0 ? null : past;
}

async function summaryAt(commit: string, directory: string, signal?: AbortSignal): Promise<Compacted | null> {
  const [file] = await readObjects([`${commit}:${historyPath}`], { cwd: directory, signal });
  return file?.type === "blob" ? decode(schema, file.bytes.toString("utf8"), historyPath) : null;
}

function checkSummary(
  summary: Compacted,
  { kept, before }: { readonly kept: Past; readonly before: Compacted | null },
): void {
  const { replaced, previous, digest, last, oldest } = summary;
  const oldestFirst = kept.commits.map(({ commit }) => commit).toReversed();
  if (oldestFirst.length !== replaced.commits)
    throw mismatch(`commit ${replaced.commit} has ${oldestFirst.length} commits in it, not ${replaced.commits}`);
  if (before?.digest !== previous)
    throw mismatch(`commit ${replaced.commit} has the summary ${before?.digest ?? "none"}, not ${previous ?? "none"}`);
  const actual = historyDigest(previous ?? null, oldestFirst);
  if (actual !== digest)
    throw mismatch(`the commits up to ${replaced.commit} have the digest ${actual}, not ${digest}`);
  const at = oldestFirst.indexOf(last.commit);
  if (at === -1 || oldestFirst[at + 1] !== oldest.commit)
    throw mismatch(`${oldest.commit} does not follow ${last.commit} in what was there before`);
}

/** What the branch has below the compaction's commit is, commit for commit, what was there before. */
function checkReplayed({ commits }: Past, before: readonly PastCommit[]): number {
  const compaction = commits.findIndex(({ changes }) => changes.some(({ path }) => path === historyPath));
  const now = commits.slice(compaction + 1);
  const different = before.find((was, index) => {
    const is = now[index];
    return is === undefined || (["tree", "message", "author", "at"] as const).some((key) => was[key] !== is[key]);
  });
  if (different !== undefined) throw mismatch(`commit ${different.commit} is not in the branch as it was`);
  if (now.length !== before.length)
    throw mismatch(`the branch has ${now.length} commits from before, not ${before.length}`);
  return now.length;
}

function mismatch(reason: string, hint = "somebody has changed the summary, the branch, or what was kept"): UserError {
  return new UserError("history-mismatch", `the history could not be verified: ${reason}`, {
    exitCode: exitCodes.failed,
    hint,
  });
}

/** A repository with what somebody has kept, which is a repository already or a bundle, in a directory that is ours. */
export async function openKept(path: string, scratch: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found === null)
    throw new UserError("no-such-file", `there is no ${path}`, { hint: "`--verify` takes a repository or a bundle" });
  if (found.isDirectory()) return path;
  const directory = join(scratch, "kept.git");
  await git(["init", "--quiet", "--bare", "--template=", directory], { cwd: scratch });
  await git(["bundle", "unbundle", path], { cwd: directory });
  return directory;
}
