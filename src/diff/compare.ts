import { effectiveAuth, jobDigest, jobOf } from "../config/job.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
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
  const changes = effects(before, after);
  const action = actionOf(changes);
  return { action, redeploys: action === "rolling" || action === "restart", changes };
}

/** The table's effects; but edits of rolling properties that leave the job as it was restart no replica (facts §3.3). */
function effects(before: Revision, after: Revision): readonly PropertyChange[] {
  const found = differences(before, after);
  if (found.length === 0) return [];
  const job = jobOfRevision(before);
  const alone = found.map((difference) => ({ ...difference, effect: effectOf(difference, { before, job }, after) }));
  const newAuth = authOf(before) !== authOf(after);
  const changes = alone.map((change) => withAuth(change, alone, newAuth));
  const redeploys = jobOfRevision(after) !== job;
  if (redeploys && changes.some(({ effect }) => effect !== "in-place")) return changes;
  // Edits that undo each other inside, such as words that move from `entrypoint` to `commands`; or matter only together.
  return changes.map((change) =>
    updatePolicy[change.property] === "rolling" && change.effect !== "restart"
      ? { ...change, effect: redeploys ? "rolling" : "in-place" }
      : change,
  );
}

function effectOf(
  { property, part }: Difference,
  { before, job }: { readonly before: Revision; readonly job: string },
  after: Revision,
): Effect {
  if (part !== undefined) return repoPolicy[part];
  const effect = updatePolicy[property];
  if (effect !== "rolling") return effect;
  const edited = {
    spec: { ...before.spec, [property]: after.spec[property] },
    files: property === "files" ? after.files : before.files,
    repos: before.repos ?? [],
  };
  return jobOfRevision(edited) === job ? "in-place" : "rolling";
}

/** Revisions never change, and a plan compares the same ones several times. */
const jobs = new WeakMap<Revision, string>();

function jobOfRevision(revision: Revision): string {
  const known = jobs.get(revision);
  if (known !== undefined) return known;
  const { spec, files, repos } = revision;
  const job = jobDigest(jobOf(spec, files, repos));
  jobs.set(revision, job);
  return job;
}

/** Credentials count with the variables that they refer to: those may differ where `registry_auth` does not, and the reverse. */
function withAuth(change: PropertyChange, changes: readonly PropertyChange[], newAuth: boolean): PropertyChange {
  if (change.property === "registry_auth") return newAuth ? change : { ...change, effect: "in-place" };
  const isCause = change.property === "env" && newAuth && !changes.some(({ property }) => property === "registry_auth");
  return isCause ? { ...change, effect: "restart" } : change;
}

function authOf({ spec }: Revision): string {
  return canonicalJson(effectiveAuth(spec.registry_auth, spec.env));
}

function actionOf(changes: readonly PropertyChange[]): Action {
  if (changes.length === 0) return "none";
  if (changes.some(({ effect }) => effect === "restart")) return "restart";
  if (changes.some(({ effect }) => effect === "rolling")) return "rolling";
  return changes.every(({ property }) => property === "replicas" || property === "scaling") ? "scale" : "update";
}
