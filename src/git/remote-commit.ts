import { UserError } from "../lib/user-error.ts";
import { GitError } from "./git-error.ts";
import { git } from "./git.ts";
import { authorization } from "./remote.ts";

/** Where to ask, and for what. */
export interface RemoteBranch {
  readonly url: string;
  /** `null`: the default one. */
  readonly branch: string | null;
}

/**
 * The commit that a branch of a URL has now. The URL is a service file's: it gets the credentials that git has for its
 * host and GitHub's token on GitHub alone, and it is reached over the network or not at all.
 */
export async function remoteCommit(root: string, remote: RemoteBranch, signal?: AbortSignal): Promise<string> {
  const { GITHUB_TOKEN, GITHUB_SERVER_URL } = process.env;
  const name = remote.branch === null ? "HEAD" : `refs/heads/${remote.branch}`;
  const { text } = await git(["ls-remote", "--quiet", "--", remote.url, name], {
    cwd: root,
    config: authorization(remote.url, { GITHUB_TOKEN, GITHUB_SERVER_URL }),
    env: { GIT_ALLOW_PROTOCOL: "https:http:ssh:git" },
    timeout: 10_000,
    signal,
  });
  const commit = text
    .split("\n")
    .map((line) => line.split("\t"))
    .find(([, ref]) => ref === name)?.[0];
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit))
    throw new UserError("repos-no-remote-branch", `the remote has no ${remote.branch ?? "default branch"}`);
  return commit;
}

/** Whether it is only that the remote cannot be reached from here. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof GitError && error.reason !== "aborted";
}
