import { posix } from "node:path";

import { UserError } from "../lib/user-error.ts";
import { git } from "./git.ts";
import { remoteUrl } from "./remote.ts";

/** Where a repository stands with its remote: what a clone of the remote can check out. */
export interface TrackedCommit {
  /** May carry credentials. */
  readonly url: string;
  /** The remote's branch; `null` where no branch is checked out. */
  readonly branch: string | null;
  /** The newest commit that the remote's branch has, as far as is known here; without a branch, HEAD. */
  readonly base: string;
  /** What is checked out, or the commit that was named. */
  readonly head: string;
}

/** Finds what the remote has of HEAD, or of `ref`. A branch must track one of a remote, as the reference wants it. */
export async function trackedCommit(root: string, ref: string | undefined): Promise<TrackedCommit> {
  const head = await commitOf(root, ref ?? "HEAD");
  if (head === null)
    throw new UserError("repos-no-commit", "the repository has no commit yet", { hint: "commit what it is to hold" });
  const name = (await lines(root, ["rev-parse", "--symbolic-full-name", "--end-of-options", ref ?? "HEAD"])).at(-1);
  if (name?.startsWith("refs/heads/") === true) return ofBranch(root, name, head);
  // Checkouts of CI have no branch, and no other way to name what they have than the commit.
  return { url: await remoteUrl(await onlyRemote(root), root), branch: null, base: head, head };
}

async function ofBranch(root: string, name: string, head: string): Promise<TrackedCommit> {
  const format = "%(upstream)%00%(upstream:remotename)%00%(upstream:remoteref)";
  const [found = ""] = await lines(root, ["for-each-ref", `--format=${format}`, name]);
  const [upstream = "", remote = "", remoteRef = ""] = found.split("\0");
  const branch = posix.relative("refs/heads", remoteRef);
  if (upstream === "" || remote === "" || remote === ".") throw noRemoteBranch(posix.relative("refs/heads", name));
  const tip = await commitOf(root, upstream);
  if (tip === null)
    throw new UserError("repos-no-remote-branch", `the branch ${branch} of ${remote} is not known here`, {
      hint: `git fetch ${remote}`,
    });
  const merged = await git(["merge-base", tip, head], { cwd: root, accept: [0, 1, 128] });
  // In a shallow clone both may be there without what they come from.
  const base = merged.exitCode === 0 ? merged.text : tip;
  return { url: await remoteUrl(remote, root), branch, base, head };
}

/** The commit that a name stands for; `null`: it stands for none. */
export async function commitOf(root: string, name: string): Promise<string | null> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  const found = await git(args, { cwd: root, accept: [0, 1, 128] });
  // `--end-of-options` is echoed by older versions of git.
  const commit = found.text.split("\n").at(-1) ?? "";
  return found.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
}

/** `origin`, or the only one that there is. */
export async function onlyRemote(root: string): Promise<string> {
  const remotes = await lines(root, ["remote"]);
  if (remotes.includes("origin")) return "origin";
  const [remote] = remotes;
  if (remote === undefined || remotes.length > 1) throw noRemoteBranch(null);
  return remote;
}

function noRemoteBranch(branch: string | null): UserError {
  const push =
    branch === null ? "add the remote that replicas clone as `origin`" : `git push --set-upstream origin ${branch}`;
  return new UserError("repos-no-remote-branch", "No remote branch is configured", {
    hint: `a replica clones the repository from its remote: ${push}`,
  });
}

async function lines(root: string, args: readonly string[]): Promise<readonly string[]> {
  const { text } = await git(args, { cwd: root, accept: [0, 128] });
  return text === "" ? [] : text.split("\n");
}
