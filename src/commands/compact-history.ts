import { GitError } from "../git/git-error.ts";
import { isCompactionDue } from "../state/compaction.ts";
import type { Snapshot } from "../state/store.ts";
import type { App, Project } from "./app.ts";
import { tell } from "./say.ts";

/**
 * Replaces history of the state that is more than the settings keep by a summary of it. Whatever goes wrong is a warning: what
 * was to be done about the services is done, and the next tick tries again.
 */
export async function compactHistory(app: App, project: Project, seen: Snapshot, now: number): Promise<void> {
  const limits = project.settings.state.history;
  if (!isCompactionDue(seen, limits, now) || app.io.signal.aborted) return;
  try {
    const outcome = await (await app.history(project)).compact(limits, seen, app.io.signal);
    if (outcome.kind === "compacted") {
      const { last, oldest } = outcome.summary;
      tell(app, `History of the state up to g${last.generation} is summarised; it goes back to g${oldest.generation}.`);
    }
    if (outcome.kind === "put-off" && outcome.cause !== undefined) warn(outcome.cause);
  } catch (error) {
    warn(error);
  }

  function warn(cause: unknown): void {
    // Somebody wrote meanwhile, which is as good as a tick that comes later.
    if (cause instanceof GitError && (cause.reason === "moved" || cause.reason === "locked")) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const next =
      cause instanceof GitError && cause.reason === "protected"
        ? "it takes a forced push: allow that for this branch, or set `state.history` to `{ commits: off, age: off }`"
        : "the next tick tries again";
    tell(app, `warning: the history of the state was not compacted: ${reason}; ${next}`);
  }
}
