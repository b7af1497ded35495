import { posix } from "node:path";

import type { PinnedRepo } from "../config/files.ts";
import { credentials, hasCredentials, insideRepository, outside, repoName } from "../config/reach.ts";
import type { RepoSpec } from "../config/spec.ts";
import { UserError } from "../lib/user-error.ts";
import { contentId } from "./content-id.ts";
import { innerRepository } from "./inner-repository.ts";
import { redact, normalizedUrl, shortId, withoutCredentials } from "./remote-url.ts";
import { remoteUrl } from "./remote.ts";
import { commitOf, onlyRemote, type trackedCommit } from "./tracked-commit.ts";
import { treeDiff } from "./tree-diff.ts";

/** Pins one entry of `repos`, without the network: a URL's branch stays unresolved. Every refusal is a `UserError` that names service file and entry. */
export async function pinRepo(place: RepoPlace, repo: RepoSpec): Promise<PinnedRepo> {
  try {
    if (hasCredentials(repo)) throw new UserError("repos-credentials", credentials.message, { hint: credentials.hint });
    if (repo.url !== null) return pinUrl(repo.url, repo);
    const found = await localRepository(place, repo.local_path ?? "");
    return await pinLocal(found, repo, place.tracked);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const text = `${place.serviceFile}: \`repos\` entry \`${redact(repoName(repo))}\`: ${error.message}`;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new UserError(error.code, text, { ...hint, exitCode: error.exitCode, cause: error });
  }
}

/** Where a service file lies: in which repository, and at which commit of it. */
export interface RepoPlace {
  readonly root: string;
  readonly serviceFile: string;
  /** `undefined`: in the work tree. */
  readonly ref: string | undefined;
  /** Files that do not count, besides the service file. */
  readonly without: readonly string[];
  /** `trackedCommit`, which many services of one repository may share. */
  readonly tracked: typeof trackedCommit;
}

function pinUrl(url: string, { branch, hash }: RepoSpec): PinnedRepo {
  return { ...identityOf(url), branch, commit: hash, diff: null, entries: [] };
}

function identityOf(url: string): { readonly id: string; readonly url: string } {
  const kept = withoutCredentials(url);
  return { id: shortId(normalizedUrl(kept)), url: kept };
}

interface Local {
  readonly root: string;
  readonly ref: string | undefined;
  readonly without: readonly string[];
}

async function localRepository({ root, serviceFile, ref, without }: RepoPlace, given: string): Promise<Local> {
  const path = insideRepository(serviceFile, given);
  if (path === null) throw new UserError("repos-outside-repository", outside.message, { hint: outside.hints.repos });
  if (path === "") return { root, ref, without: [serviceFile, ...without] };
  const inner = await innerRepository(root, path, ref);
  if (inner !== null) return { ...inner, without: [] };
  const up = posix.relative(posix.dirname(serviceFile), ".") || ".";
  throw new UserError("repos-not-root", "is a directory of the repository, which is cloned as a whole", {
    hint: `name its root: \`${up}\`; for a part of it alone, use \`files\``,
  });
}

async function pinLocal(
  { root, ref, without }: Local,
  { branch, hash }: RepoSpec,
  tracked: typeof trackedCommit,
): Promise<PinnedRepo> {
  if (hash !== null || branch !== null) {
    const named = await pinNamed(root, { branch, hash }, tracked);
    if (named !== null) return named;
  }
  const { url, base, head, branch: current } = await tracked(root, ref);
  const bytes = await treeDiff(root, { base, head: ref === undefined ? null : head, without });
  const entries = bytes.length === 0 ? [] : [{ path: "", mode: "file", content: bytes } as const];
  const diff = entries.length === 0 ? null : contentId(entries);
  return { ...identityOf(url), branch: current ?? branch, commit: base, diff, entries };
}

/** What the service file names itself is as the remote has it, without local changes; `null`: it names what is checked out. */
async function pinNamed(
  root: string,
  { branch, hash }: Pick<RepoSpec, "branch" | "hash">,
  tracked: typeof trackedCommit,
): Promise<PinnedRepo | null> {
  const remote = await onlyRemote(root);
  const identity = identityOf(await remoteUrl(remote, root));
  if (hash !== null) return { ...identity, branch, commit: hash, diff: null, entries: [] };
  const checkedOut = await tracked(root, undefined).catch((error: unknown) => {
    if (error instanceof UserError) return null;
    throw error;
  });
  if (checkedOut?.branch === branch) return null;
  const commit = await commitOf(root, `refs/remotes/${remote}/${branch}`);
  if (commit !== null) return { ...identity, branch, commit, diff: null, entries: [] };
  throw new UserError("repos-no-remote-branch", `the branch ${branch} of ${remote} is not known here`, {
    hint: `git fetch ${remote} ${branch}`,
  });
}
