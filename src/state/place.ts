import { git } from "../git/git.ts";
import { githubServer } from "../git/remote-url.ts";
import type { Home } from "./home.ts";
import type { Identity } from "./identity.ts";
import type { Snapshot, StateStore } from "./store.ts";

/** What tells a run which repository it works in. */
export interface Surroundings {
  readonly repository: string;
  /** The git directory that worktrees share. */
  readonly commonDirectory: string;
  readonly branch: string;
  readonly remote: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The repository that a run works in: by its forge's id, which no rename changes, or by where it lies. */
export function identityOf({ repository, commonDirectory, branch, remote, env }: Surroundings): Identity {
  return { repository, home: remote === null ? { path: commonDirectory } : forgeOf(env), isThere };

  async function isThere(path: string): Promise<boolean> {
    const found = await git(["--git-dir", path, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}`], {
      cwd: commonDirectory,
      accept: [0, 1, 128],
    });
    return found.exitCode === 0;
  }
}

/** Only a workflow is told. */
function forgeOf(env: Surroundings["env"]): Home | null {
  const { GITHUB_ACTIONS: workflow, GITHUB_REPOSITORY_ID: id } = env;
  if (workflow !== "true" || id === undefined || !/^\d+$/.test(id)) return null;
  return { forge: githubServer(env).toLowerCase().replace(/\/+$/, ""), id };
}

/** A store whose first read was made already: the answer is as good as one that is on its way. */
export function readBefore(store: StateStore, first: Snapshot): StateStore {
  let known: Snapshot | null = first;
  return {
    ...store,
    async load(signal) {
      const snapshot = known;
      known = null;
      return snapshot ?? store.load(signal);
    },
  };
}
