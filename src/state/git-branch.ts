import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";

import { git } from "../git/git.ts";
import { normalizedUrl, shortId } from "../git/remote-url.ts";
import { remoteUrl } from "../git/remote.ts";
import type { Clock } from "../lib/clock.ts";
import { UserError } from "../lib/user-error.ts";
import type { Patient } from "./doctor.ts";
import type { Identity } from "./identity.ts";
import { localBranch } from "./local-branch.ts";
import { fileMemory } from "./memory-file.ts";
import type { BranchMemory } from "./memory-of-branch.ts";
import type { Author } from "./object-database.ts";
import { takeObjectStore } from "./object-store.ts";
import { optimisticStore } from "./optimistic-store.ts";
import type { Derive, OptimisticOptions } from "./optimistic-store.ts";
import { remoteBranch } from "./remote-branch.ts";
import type { StateStore } from "./store.ts";

export interface GitBranchOptions {
  /** Root of the user's repository (`Repository.root`). */
  readonly root: string;
  readonly branch: string;
  /** `null`: the local repository. Otherwise the name of one of its remotes, or an URL. */
  readonly remote: string | null;
  readonly clock: Clock;
  readonly derive?: Derive;
  readonly identity?: Identity;
  /** Whatever of lost commits is on this machine is wanted. */
  readonly forRepair?: boolean;
  readonly author?: Author;
  /** Default: the process's. Tokens, XDG directories and what git itself reads. */
  readonly env?: NodeJS.ProcessEnv;
}

const defaultAuthor: Author = { name: "dstack-gitops", email: "dstack-gitops@users.noreply.github.com" };

export interface GitBranchStore extends StateStore, AsyncDisposable {
  /** What there is to repair, read past everything that a store refuses. */
  patient(): Promise<Patient>;
}

/** The state store on a git branch. Nothing is touched before the first call; `await using` gives its object store back for the next run. */
export function gitBranchStore(options: GitBranchOptions): GitBranchStore {
  let opened: Promise<Opened> | null = null;
  const open = (): Promise<Opened> => (opened ??= openStore(options));
  return {
    load: async (signal) => (await open()).store.load(signal),
    commit: async (change, signal) => (await open()).store.commit(change, signal),
    readContent: async (content, signal) => (await open()).store.readContent(content, signal),
    patient: async () => (await open()).patient,
    async [Symbol.asyncDispose]() {
      await (await opened)?.close();
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
  if (remote === null) {
    const directory = (await git(["rev-parse", "--path-format=absolute", "--git-common-dir"], { cwd: root })).text;
    const local = localBranch({ directory, branch, author, clock });
    const patient = { ...local, identity: options.identity };
    return {
      store: optimisticStore(local.branch, { ...common, memory: local.memory }),
      patient,
      close: async () => {},
    };
  }
  const cache = join(
    env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "dstack-gitops",
    shortId(normalizedUrl(await remoteUrl(remote, root))),
  );
  const memory = fileMemory(join(cache, `seen-${shortId(branch)}.json`));
  const objects = await takeObjectStore(cache, options.forRepair === true ? await lastSeen(memory) : null);
  const source = remoteBranch({ directory: objects.directory, branch, remote, root, author, clock, env });
  const patient = { branch: source, memory, identity: options.identity };
  return { store: optimisticStore(source, { ...common, memory }), patient, close: () => objects.giveBack() };
}

async function lastSeen(memory: BranchMemory): Promise<string | null> {
  return (await memory.recall())?.seen.commit ?? null;
}

async function checkBranchName(root: string, branch: string): Promise<void> {
  const checked = await git(["check-ref-format", "--branch", branch], { cwd: root, accept: [0, 1, 128, 129] });
  if (checked.exitCode === 0 && checked.text === branch) return;
  throw new UserError("invalid-branch", `\`state.branch\` is \`${branch}\`, which is no name for a branch`);
}
