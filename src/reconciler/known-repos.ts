import type { PinnedRepo } from "../config/files.ts";
import type { PinnedRepos, RepoState } from "../config/job.ts";

/**
 * States with what cannot be told here taken from what serves: the commit of a URL whose branch could not be read, and
 * the branch where a detached HEAD has the same commit. What is not known is no change. Pure.
 */
export function knownRepos(now: readonly PinnedRepo[], serving: PinnedRepos): readonly PinnedRepo[] {
  return now.map((state, index) => {
    const before = serving[index];
    if (before === undefined || before.id !== state.id) return state;
    if (state.commit === null) return before.branch === state.branch ? { ...state, commit: before.commit } : state;
    const same = before.commit === state.commit && before.diff === state.diff;
    const untold = state.branch === null || before.branch === null;
    return same && untold ? { ...state, branch: before.branch } : state;
  });
}

/** What is recorded of a repository. */
export function stateOf({ id, url, branch, commit, diff }: PinnedRepo): RepoState {
  return { id, url, branch, commit, diff };
}
