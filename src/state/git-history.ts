import { randomBytes } from "node:crypto";

import type { HistoryLimits } from "../config/settings.ts";
import { git } from "../git/git.ts";
import { openRemote } from "../git/remote.ts";
import { compactBranch } from "./compact-branch.ts";
import type { CompactionOutcome } from "./compact-branch.ts";
import { cacheOf, checkBranchName, defaultAuthor } from "./git-branch.ts";
import type { GitBranchOptions } from "./git-branch.ts";
import { localBranch } from "./local-branch.ts";
import { openObjectStore } from "./object-store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Enough, Past, PastBranch, PastCommit } from "./past.ts";
import { createPartCache } from "./read-tip.ts";
import { remoteBranch } from "./remote-branch.ts";
import type { RemoteBranchOptions } from "./remote-branch.ts";
import { readRemotePast } from "./remote-past.ts";
import type { Snapshot } from "./store.ts";

/** What the state branch was before, and what becomes of that. */
export interface StateHistory {
  /** Commits from the newest one back, more and more of them until there are enough. */
  read(enough: Enough, signal?: AbortSignal): Promise<Past>;
  /** The state as it was at one of them. */
  at(commit: PastCommit, signal?: AbortSignal): Promise<Snapshot>;
  /** Replaces what is more than the limits allow by a summary. `seen`: the newest state that the caller has seen. */
  compact(limits: HistoryLimits, seen: Snapshot, signal?: AbortSignal): Promise<CompactionOutcome>;
}

/** The history of the state on a git branch. Nothing of the user's repository is touched but, by a compaction, the branch itself. */
export async function gitHistory(options: GitBranchOptions): Promise<StateHistory> {
  const { root, branch, remote, clock, env = process.env, author = defaultAuthor } = options;
  await checkBranchName(root, branch);
  if (remote === null) {
    const directory = (await git(["rev-parse", "--path-format=absolute", "--git-common-dir"], { cwd: root })).text;
    const local = localBranch({ directory, branch, author, clock }).branch;
    return historyOf(async (_, work) => work(local));
  }
  const reached = await openRemote(remote, root, env);
  const { url, objectFormat: format } = reached;
  const cache = cacheOf(url, env);
  const lastSeen = async (): Promise<null> => null;
  const common: Omit<RemoteBranchOptions, "objects"> = { format, branch, remote: reached, author, clock, lastSeen };
  return {
    ...historyOf((need, work) =>
      inStore((objects) => work(remoteBranch({ ...common, objects, whole: need === "all" }))),
    ),
    read: (enough, signal) => inStore((objects) => readRemotePast({ ...common, objects }, enough, signal)),
  };

  /** What is fetched here is not left to those who want the newest commit alone: it is incomplete, or all there is. */
  async function inStore<Result>(work: (objects: ObjectStore) => Promise<Result>): Promise<Result> {
    const objects = await openObjectStore(cache, { format, alone: true });
    try {
      return await work(objects);
    } finally {
      await objects.giveBack();
    }
  }

  function historyOf(
    on: <Result>(need: "one" | "all", work: (branch: PastBranch) => Promise<Result>) => Promise<Result>,
  ): StateHistory {
    return {
      read: (enough, signal) => on("all", (past) => past.past(enough, signal)),
      at: (commit, signal) =>
        on("one", async (past) => createPartCache(past).read(await past.stateAt(commit, signal), signal)),
      compact: (limits, seen, signal) =>
        on("all", (past) => {
          const nonce = randomBytes(8).toString("hex");
          return compactBranch(past, { limits, now: clock.now(), nonce, seen }, signal);
        }),
    };
  }
}
