import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";

import { git } from "../git/git.ts";
import { isForge, normalizedUrl, shortId } from "../git/remote-url.ts";
import { openRemote } from "../git/remote.ts";
import type { Clock } from "../lib/clock.ts";
import { UserError } from "../lib/user-error.ts";
import type { Patient } from "./doctor.ts";
import type { Identity } from "./identity.ts";
import { localBranch } from "./local-branch.ts";
import { fileMemory } from "./memory-file.ts";
import type { Derive } from "./next-commit.ts";
import type { Author } from "./object-database.ts";
import { openObjectStore } from "./object-store.ts";
import { optimisticStore } from "./optimistic-store.ts";
import type { OptimisticOptions } from "./optimistic-store.ts";
import { latelyFile } from "./other-machines.ts";
import { remoteBranch } from "./remote-branch.ts";
import type { StateStore } from "./store.ts";
import { turnQueue } from "./turn-queue.ts";

export interface GitBranchOptions {
  /** Root of the user's repository (`Repository.root`). */
  readonly root: string;
  readonly branch: string;
  /** `null`: the local repository. Otherwise the name of one of its remotes, or an URL. */
  readonly remote: string | null;
  readonly clock: Clock;
  readonly derive?: Derive;
  readonly identity?: Identity;
  readonly author?: Author;
  /** Default: the process's. Tokens, XDG directories and what git itself reads. */
  readonly env?: NodeJS.ProcessEnv;
}

export const defaultAuthor: Author = { name: "dstack-gitops", email: "dstack-gitops@users.noreply.github.com" };

export interface GitBranchStore extends StateStore, AsyncDisposable {
  /** What there is to repair, read past everything that a store refuses. */
  patient(): Promise<Patient>;
}

/** The state store on a git branch. Nothing is touched before the first call; `await using` gives its object store back for the next run. */
export function gitBranchStore(options: GitBranchOptions): GitBranchStore {
  let opened: Promise<Opened> | null = null;
  const open = (): Promise<Opened> => {
    const opening = (opened ??= openStore(options));
    // What failed is tried again by the next call.
    opening.catch(() => (opened = null));
    return opening;
  };
  return {
    load: async (signal) => (await open()).store.load(signal),
    commit: async (change, signal) => (await open()).store.commit(change, signal),
    readContent: async (content, signal) => (await open()).store.readContent(content, signal),
    patient: async () => (await open()).patient,
    async [Symbol.asyncDispose]() {
      // What could not be opened has said so, and is not there to be closed.
      await (await opened?.catch(() => null))?.close();
    },
  };
}

interface Opened {
  readonly store: StateStore;
  readonly patient: Patient;
  close(): Promise<void>;
}

async function openStore(options: GitBranchOptions): Promise<Opened> {
  const { root, branch, clock, remote, env = process.env, author = defaultAuthor } = options;
  await checkBranchName(root, branch);
  const common: OptimisticOptions = {
    clock,
    newId: () => randomBytes(8).toString("hex"),
    random: Math.random,
    derive: options.derive,
    identity: options.identity,
  };
  const turnsIn = (cache: string) => turnQueue(join(cache, "turns", shortId(branch)), clock);
  if (remote === null) {
    const directory = (await git(["rev-parse", "--path-format=absolute", "--git-common-dir"], { cwd: root })).text;
    const local = localBranch({ directory, branch, author, clock });
    const gate = { turns: turnsIn(join(cachesIn(env), shortId(directory))) };
    const patient = { ...local, identity: options.identity };
    const store = optimisticStore(local.branch, { ...common, memory: local.memory, gate });
    return { store, patient, close: async () => {} };
  }
  const reached = await openRemote(remote, root, env);
  const { url, objectFormat: format } = reached;
  const cache = cacheOf(url, env);
  const objects = await openObjectStore(cache, { format });
  const memory = fileMemory(`${join(cache, `seen-${shortId(branch)}`)}.json`);
  const lastSeen = async () => (await memory.recall())?.seen.commit ?? null;
  const source = remoteBranch({ objects, format, branch, remote: reached, author, clock, lastSeen });
  const gate = {
    turns: turnsIn(cache),
    paced: isForge(url),
    lately: latelyFile(`${join(cache, `lately-${shortId(branch)}`)}.json`),
  };
  const patient = { branch: source, memory, identity: options.identity };
  return { store: optimisticStore(source, { ...common, memory, gate }), patient, close: () => objects.giveBack() };
}

/** Where this machine keeps objects of a remote's state, and what it saw of it. */
export function cacheOf(url: string, env: NodeJS.ProcessEnv): string {
  return join(cachesIn(env), shortId(normalizedUrl(url)));
}

function cachesIn(env: NodeJS.ProcessEnv): string {
  return join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "dstack-gitops");
}

export async function checkBranchName(root: string, branch: string): Promise<void> {
  // Names that need no asking; most are of these.
  if (/^[a-z][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/.test(branch)) return;
  const checked = await git(["check-ref-format", "--branch", branch], { cwd: root, accept: [0, 1, 128, 129] });
  if (checked.exitCode === 0 && checked.text === branch) return;
  throw new UserError("invalid-branch", `\`state.branch\` is \`${branch}\`, which is no name for a branch`);
}
