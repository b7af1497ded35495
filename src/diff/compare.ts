import { jobDigest, jobOf } from "../config/job.ts";
import type { Difference, Revision } from "./differences.ts";
import { differences } from "./differences.ts";
import { type Effect, repoPolicy, updatePolicy } from "./update-policy.ts";

export type { Revision } from "./differences.ts";

/** What becomes of a service that exists: nothing, an in-place update, a change of its replicas, a rollout, or a new run. */
export type Action = "none" | "update" | "scale" | "rolling" | "restart";

export interface PropertyChange extends Difference {
  readonly effect: Effect;
}

export interface RevisionDiff {
  readonly action: Action;
  /** Whether running replicas must be replaced. */
  readonly redeploys: boolean;
  /** In declaration order. */
  readonly changes: readonly PropertyChange[];
}

/** What it takes to go from one revision to another. */
export function diffRevisions(before: Revision, after: Revision): RevisionDiff {
  const changes = differences(before, after).map((difference) => ({
    ...difference,
    effect: effectOf(difference, before, after),
  }));
  const action = actionOf(changes);
  return { action, redeploys: action === "rolling" || action === "restart", changes };
}

/** The table's effect; but an edit of a rolling property that leaves the job as it was restarts no replica (facts §3.3). */
function effectOf({ property, part }: Difference, before: Revision, after: Revision): Effect {
  if (part !== undefined) return repoPolicy[part];
  const effect = updatePolicy[property];
  if (effect !== "rolling") return effect;
  const edited = {
    spec: { ...before.spec, [property]: after.spec[property] },
    files: property === "files" ? after.files : before.files,
  };
  return jobDigest(jobOf(edited.spec, edited.files)) === jobDigest(jobOf(before.spec, before.files))
    ? "in-place"
    : "rolling";
}

function actionOf(changes: readonly PropertyChange[]): Action {
  if (changes.length === 0) return "none";
  if (changes.some(({ effect }) => effect === "restart")) return "restart";
  if (changes.some(({ effect }) => effect === "rolling")) return "rolling";
  return changes.every(({ property }) => property === "replicas" || property === "scaling") ? "scale" : "update";
}
