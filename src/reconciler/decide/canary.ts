import type { CanaryStep } from "../../config/settings.ts";
import { formatShare } from "../../lib/format-share.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { Canary } from "../../state/progress.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { isHeldBack } from "./casualties.ts";
import { currentDeployment, isOver, isServing, note, wake, withDeployment } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isKnownToServe } from "./go-back.ts";
import { healthOf } from "./health.ts";
import { sortOut } from "./replicas.ts";
import { desiredReplicas } from "./scale.ts";

/**
 * Takes a canary from step to step: so many new replicas, or such a share of the requests, watched for the step's pause.
 * What a step may start and let go is in the record, so that whoever continues it needs no policy but for the next step.
 */
export function stepCanary(draft: Draft, context: Context): Draft {
  const deployment = currentDeployment(draft.record);
  const { stale } = sortOut(draft);
  // While the brake holds, replicas are not what they are recorded as: nothing is judged, and no step is taken.
  if (!isCanary(draft.record, deployment) || isHeldBack(draft.record)) return draft;
  // Its time is over, and nothing of it stays.
  if (desiredReplicas(draft.record) === 0) return draft;
  // With nothing old that serves there is nothing to compare with, and nothing to keep.
  if (!stale.some(isServing)) return deployment.canary === undefined ? draft : end(draft, context);
  const { steps } = context.policy.rollout.canary;
  const { canary } = deployment;
  if (canary === undefined) return begin(draft, 0, context);
  const step = steps[canary.step];
  if (step === undefined) return end(draft, context);
  if (canary.since === null) {
    if (!isReached(draft, canary, context)) return draft;
    const since = toTimestamp(context.now);
    const watched = note(withCanary(draft, { ...canary, since }), "note", null, stepText(canary.step, step, "stands"));
    return wake(watched, context.now + step.pause * 1000);
  }
  // What is not there is not watched: once it is there again, the pause begins anew.
  if (servingCanaries(draft).length < wantedCanaries(draft, canary))
    return withCanary(draft, { ...canary, since: null });
  const until = fromTimestamp(canary.since) + step.pause * 1000;
  if (context.now < until) return wake(draft, until);
  return begin(draft, canary.step + 1, context);
}

/** How many new replicas there may be beyond what is missing anyway. */
export function canaryLimit(record: ServiceRecord, desired: number): number {
  const canary = runningCanary(record);
  return canary === null ? Infinity : Math.min(desired, canary.replicas);
}

/** How many old replicas stay, that serve the rest of the requests, and with which the new ones are compared. */
export function canaryKeeps(record: ServiceRecord, desired: number): number {
  const canary = runningCanary(record);
  return canary === null ? 0 : Math.max(1, desired - canary.replicas);
}

/** The canary that is under way; `null`: none. */
export function runningCanary(record: ServiceRecord): Canary | null {
  return currentDeployment(record).canary ?? null;
}

function isCanary(record: ServiceRecord, deployment: DeploymentRecord): boolean {
  const { target } = record;
  if (target?.strategy !== "canary" || deployment.num !== target.deployment) return false;
  // Turned down, with nothing earlier to go back to: it stays at its step.
  if (isOver(record, deployment)) return false;
  if (deployment.settledAt !== null || deployment.run !== record.run || deployment.canaryEndedAt !== undefined)
    return false;
  // What takes a canary back is what served before it: it would be watched, and get a canary's share, in place of the bad one.
  return !isKnownToServe(record, deployment);
}

function begin(draft: Draft, index: number, context: Context): Draft {
  const step = context.policy.rollout.canary.steps[index];
  if (step === undefined) return note(end(draft, context), "note", null, "the canary kept well: the rest follows");
  const desired = desiredReplicas(draft.record);
  const replicas = Math.max(1, step.replicas ?? Math.ceil((step.share ?? 0) * desired));
  const next: Canary = { step: index, since: null, replicas, share: step.share };
  return note(withCanary(draft, next), "note", null, stepText(index, step, "begins"));
}

/** All of the step's new replicas serve well, and what it replaces has gone. */
function isReached(draft: Draft, canary: Canary, context: Context): boolean {
  const { stale, ending } = sortOut(draft);
  const well = servingCanaries(draft).filter((replica) => healthOf(replica, context) === "well");
  return (
    well.length >= wantedCanaries(draft, canary) &&
    ending.length === 0 &&
    stale.length <= canaryKeeps(draft.record, desiredReplicas(draft.record))
  );
}

function servingCanaries(draft: Draft): readonly ReplicaRecord[] {
  return sortOut(draft).fresh.filter(isServing);
}

function wantedCanaries(draft: Draft, canary: Canary): number {
  return Math.min(desiredReplicas(draft.record), canary.replicas);
}

function withCanary(draft: Draft, canary: Canary): Draft {
  return withDeployment(draft, { ...currentDeployment(draft.record), canary });
}

function end(draft: Draft, context: Context): Draft {
  const { canary: _, ...deployment } = currentDeployment(draft.record);
  return withDeployment(draft, { ...deployment, canaryEndedAt: toTimestamp(context.now) });
}

function stepText(index: number, step: CanaryStep, verb: string): string {
  return `canary step ${index + 1} (${canaryText(step)}) ${verb}${verb === "stands" ? `, and is watched for ${step.pause} s` : ""}`;
}

/** What a step gives the new version: some replicas, or a share of the requests. */
export function canaryText({ replicas, share }: Pick<CanaryStep, "replicas" | "share">): string {
  return share === null ? `${replicas ?? 1} new` : `${formatShare(share)} of the requests`;
}
