import { GitError } from "../git/git-error.ts";
import { git } from "../git/git.ts";
import { remoteName } from "../git/remote.ts";
import { readPast } from "./git-past.ts";
import type { Enough, Past } from "./past.ts";
import type { RemoteBranchOptions } from "./remote-branch.ts";

/** So many commits are asked for at first, and four times as many each time that they were not enough. */
const first = 100;

/** The commits of a remote's branch without the contents of files, and no more of them than are wanted. A branch that is not there has none. */
export async function readRemotePast(
  options: RemoteBranchOptions,
  enough: Enough,
  signal?: AbortSignal,
): Promise<Past> {
  const { directory } = options.objects;
  const { config, env } = options.remote;
  const kept = "refs/dstack-gitops/history";
  for (let depth = first; ; depth *= 4) {
    // A server that knows no filters sends everything.
    const quiet = ["--quiet", "--no-write-fetch-head", "--no-tags", "--refmap=", "--no-auto-maintenance"];
    const narrow = ["--update-shallow", "--filter=blob:none", `--depth=${depth}`];
    try {
      const args = ["fetch", ...quiet, ...narrow, remoteName, `+refs/heads/${options.branch}:${kept}`];
      await git(args, { cwd: directory, config, env, signal });
    } catch (error) {
      if (error instanceof GitError && error.reason === "missing-ref") return { commits: [], whole: true };
      throw error;
    }
    const past = await readPast(directory, kept, signal);
    if (past.whole || enough(past.commits)) return past;
    // Everything that there is was fetched: what is missing is missing on the remote.
    if (past.commits.length + 1 < depth) return past;
  }
}
