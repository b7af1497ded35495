import { exitCodes, UserError } from "../lib/user-error.ts";
import type { Bound, Home } from "./home.ts";

/** The repository that a run works in. */
export interface Identity {
  /** What a new state's instances are tagged with. */
  readonly repository: string;
  /** `null`: this run cannot tell. */
  readonly home: Home | null;
  /** Whether the state's branch is still to be found in another git directory. */
  readonly isThere: (path: string) => Promise<boolean>;
  /** The branch is to be this repository's from now on, whoever's it was. */
  readonly adopts?: boolean;
}

/** Refuses a branch that was copied from another repository, which goes on with the original: both would change the same instances. */
export async function refuseForeign({ home }: Bound, identity: Identity): Promise<void> {
  if (home === undefined || identity.home === null || identity.adopts === true) return;
  const other = await otherThan(home, identity.home, identity);
  if (other === null) return;
  throw new UserError("state-of-another-repository", `the state branch belongs to ${other}`, {
    exitCode: exitCodes.failed,
    hint: "nothing was changed. In a fork, a copy or a mirror, delete the branch, so that this repository gets a state of its own, or name another one with `state.branch`; `state repair --adopt-branch` takes this one over with all that it runs, once the other repository no longer uses it",
  });
}

/** Whose it is, where it is not this repository's; `null`: it is. */
async function otherThan(home: Home, own: Home, { isThere }: Identity): Promise<string | null> {
  if ("forge" in home)
    return !("forge" in own) || (home.forge === own.forge && home.id === own.id)
      ? null
      : `repository ${home.id} of ${home.forge}, and this is ${own.id} of ${own.forge}`;
  // A directory that was moved took its branch along; one that was copied left it there, too.
  if (!("path" in own) || own.path === home.path || !(await isThere(home.path))) return null;
  return `the repository in ${home.path}, which is still there, and this is a copy in ${own.path}`;
}
