import { realpath } from "node:fs/promises";
import { posix } from "node:path";

import { UserError } from "../lib/user-error.ts";
import { commitSource } from "./commit-source.ts";
import type { FileSource } from "./file-source.ts";
import { GitError } from "./git-error.ts";
import { git } from "./git.ts";
import { pinEntry } from "./pin-files.ts";
import { pinRepo } from "./pin-repo.ts";
import { remoteCommit } from "./remote-commit.ts";
import { normalizedUrl, shortId } from "./remote-url.ts";
import { remoteUrl } from "./remote.ts";
import type { Repository } from "./repository.ts";
import { commitServiceFiles, workTreeServiceFiles } from "./service-files.ts";
import { sharing } from "./sharing.ts";
import { commitOf, type TrackedCommit, trackedCommit } from "./tracked-commit.ts";
import { workTreeSource } from "./work-tree-source.ts";

/** Opens the repository that a directory belongs to, for reading. Outside of one it is a usage error. */
export async function openRepository(
  directory: string,
  options: { readonly stateRemote: string | null },
): Promise<Repository & { readonly commonDirectory: string }> {
  const place = await locate(directory);
  const { root, bare, commonDirectory } = place;
  const remote = options.stateRemote === null ? null : await remoteUrl(options.stateRemote, root);
  const sources = new Map<string, Promise<FileSource>>();
  const share = sharing<TrackedCommit>();
  const tracked: typeof trackedCommit = (at, ref) => share(`${at}\0${ref ?? ""}`, () => trackedCommit(at, ref));
  return {
    root,
    commonDirectory,
    id: shortId(remote === null ? commonDirectory : normalizedUrl(remote)),
    commit: (ref) => (ref === undefined ? cleanCommit(root, bare) : resolveCommit(root, ref)),
    isAncestor: (ancestor, descendant) => isAncestor(root, ancestor, descendant),
    async serviceFiles({ exclude, ref }) {
      if (ref === undefined) return workTreeServiceFiles(workTree(), exclude);
      return commitServiceFiles(await resolveCommit(root, ref), root, exclude);
    },
    async read(path, ref) {
      const normal = posix.normalize(path);
      if (normal.startsWith("../") || normal.startsWith("/")) {
        throw new UserError("outside-repository", `${path}: is outside the repository`);
      }
      const source = await sourceAt(ref);
      const stat = await source.stat(normal);
      if (stat === null) return null;
      if (stat.kind !== "file" && stat.kind !== "executable")
        throw new UserError("unreadable", `${path}: expected a file, got a ${stat.kind}`);
      const [bytes] = await source.read([normal]);
      return bytes ?? null;
    },
    async pinFiles(serviceFile, files, { ref, without = [] } = {}) {
      if (files.length === 0) return [];
      const source = await sourceAt(ref);
      return Promise.all(files.map((mapping) => pinEntry({ serviceFile, source, without }, mapping)));
    },
    async pinRepos(serviceFile, repos, { ref, without = [] } = {}) {
      if (repos.length === 0) return [];
      const at = ref === undefined ? workTree() : root;
      return Promise.all(repos.map((repo) => pinRepo({ root: at, serviceFile, ref, without, tracked }, repo)));
    },
    remoteCommit: (url, branch, signal) => remoteCommit(root, { url, branch }, signal),
  };

  async function sourceAt(ref: string | undefined): Promise<FileSource> {
    if (ref === undefined) return workTreeSource(workTree());
    const commit = await resolveCommit(root, ref);
    const known = sources.get(commit) ?? commitSource(commit, root);
    sources.set(commit, known);
    return known;
  }

  function workTree(): string {
    if (!bare) return root;
    throw new UserError("no-work-tree", `${root} is a bare repository and has no work tree`, {
      hint: "name a commit with --ref",
    });
  }
}

async function locate(directory: string): Promise<{ root: string; bare: boolean; commonDirectory: string }> {
  // Outside a work tree, --show-toplevel fails after the other answers.
  const args = ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir", "--show-toplevel"];
  const found = await git(args, { cwd: directory, accept: [0, 128] }).catch((error: unknown) => {
    if (error instanceof GitError && ["git-missing", "damaged"].includes(error.reason)) throw missing(directory, error);
    throw error;
  });
  const [gitDirectory, common, root] = found.text.split("\n");
  if (gitDirectory !== undefined && common !== undefined && found.exitCode === 0 && root !== undefined) {
    return { root, bare: false, commonDirectory: await realpath(common) };
  }
  if (/must be run in a work tree/.test(found.stderr) && gitDirectory !== undefined && common !== undefined) {
    return { root: gitDirectory, bare: true, commonDirectory: await realpath(common) };
  }
  if (/dubious ownership|unsafe repository/.test(found.stderr))
    throw new GitError("unsafe", "git refuses to work here", { stderr: found.stderr });
  throw new UserError("not-a-repository", `${directory} is not inside a git repository`, {
    hint: "run it in the repository that holds your service files, or name one with -C; `git init` makes one",
  });
}

/** A missing directory and a missing git look the same to whoever starts a program. */
function missing(directory: string, cause: GitError): UserError {
  return new UserError("not-a-repository", `${directory} does not exist, or git is not installed`, { cause });
}

/**
 * HEAD, if the commit holds what desired state was read from: no tracked file differs from it, in the index or in the
 * work tree, and no untracked one is a service file or belongs to `.dstack/`. Other untracked files, such as a plan that
 * was written beside them, do not count; the content of `files` entries is pinned by its own hash either way.
 */
async function cleanCommit(root: string, bare: boolean): Promise<string | null> {
  const head = await git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { cwd: root, accept: [0, 1] });
  if (head.exitCode !== 0) return null;
  if (bare) return head.text;
  const status = ["status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=dirty"];
  const tracked = await git([...status, "--untracked-files=no"], { cwd: root });
  if (tracked.text !== "") return null;
  const untracked = await git(["ls-files", "-z", "--others", "--exclude-standard", "--", "*.dstack.yml", ".dstack/"], {
    cwd: root,
  });
  return untracked.text === "" ? head.text : null;
}

async function resolveCommit(root: string, ref: string): Promise<string> {
  const commit = await commitOf(root, ref);
  if (commit !== null) return commit;
  throw new UserError("unknown-ref", `\`${ref}\` names no commit of this repository`, {
    hint: "in a shallow checkout, fetch it first",
  });
}

async function isAncestor(root: string, ancestor: string, descendant: string): Promise<boolean> {
  const found = await git(["merge-base", "--is-ancestor", ancestor, descendant], { cwd: root, accept: [0, 1, 128] });
  return found.exitCode === 0;
}
