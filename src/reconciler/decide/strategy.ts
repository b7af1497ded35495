import type { Strategy } from "../../config/settings.ts";
import { fromTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Supply } from "../observed.ts";
import { roomAfter } from "./budget.ts";
import { currentDeployment, deploymentOf, isAlive, isServing, retire, withoutReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { healthOf, leastImportant } from "./health.ts";
import { isBeside, sortOut } from "./replicas.ts";
import { desiredReplicas } from "./scale.ts";
import { isGoingBack } from "./stuck.ts";

/** How what runs is exchanged, as the plan said that was accepted. Going back goes the same way. */
export function strategyOf(record: ServiceRecord): Strategy {
  return record.target?.strategy ?? "surge";
}

/** How many more instances can be had now, as far as providers say. */
export function headroomOf({ offers }: Pick<Supply, "offers">): number {
  return offers.reduce((sum, { headroom = Infinity }) => sum + headroom, 0);
}

/**
 * Where no second instance can be had, or paid for, one that is to be replaced leaves before its successor is started, one at a time:
 * the next only when the successor of the last one serves well. A place that can be had is taken first, whatever the strategy.
 */
export function makeRoom(draft: Draft, context: Context): Draft {
  const { record } = draft;
  if (strategyOf(record) !== "stop-first" || !isFull(draft, context)) return draft;
  const { fresh, stale, ending } = sortOut(draft);
  const wanted = desiredReplicas(record);
  if (ending.length > 0 || stale.length === 0 || fresh.length >= wanted) return draft;
  // What was to take the place of what serves, and is superseded, leaves first.
  if (stale.some((replica) => !isRouted(replica, record))) return draft;
  // One short already: its place is free, and somebody else has it, or nobody.
  if (fresh.length + stale.length < leastOf(record)) return draft;
  if (fresh.some((replica) => !isServing(replica) || healthOf(replica, context) !== "well")) return draft;
  if (fresh.length > 0 && currentDeployment(record).bakedAt === null) return draft;
  if (stale.some((replica) => isServing(replica) && healthOf(replica, context) === "unknown")) return draft;
  const leaving = leastImportant(stale, context).find((replica) => makesRoom(replica, draft, context));
  if (leaving === undefined) return draft;
  return retire(withoutLacks(draft), leaving, "replaced", context);
}

/** Whether what is missing has to wait until an old one has left, or has been gone for a moment. */
export function waitsForRoom(draft: Draft, context: Context): boolean {
  if (strategyOf(draft.record) !== "stop-first" || !isFull(draft, context)) return false;
  const { fresh, stale, ending } = sortOut(draft);
  if (ending.length > 0) return true;
  return (
    stale.some((replica) => makesRoom(replica, draft, context)) && fresh.length + stale.length >= leastOf(draft.record)
  );
}

/** Whether there is money for a successor once this one has gone. */
function makesRoom(replica: ReplicaRecord, draft: Draft, context: Context): boolean {
  return roomAfter(draft, [replica], context) > 0;
}

/** With as many as this nothing is missing that was there before: more than there is room for may be wanted by now. */
function leastOf(record: ServiceRecord): number {
  return Math.min(desiredReplicas(record), record.target?.served ?? Infinity);
}

/** Nothing is offered beside what runs, what was asked for was not to be had, or there is no money for it. */
function isFull(draft: Draft, context: Context): boolean {
  const { supply } = context.observed;
  if (supply === null || supply.refusal !== null || supply.lack !== null || supply.missingEnv.length > 0) return false;
  return headroomOf(supply) === 0 || draft.record.replicas.some(isLack) || roomAfter(draft, [], context) < 1;
}

function isLack({ status, error }: ReplicaRecord): boolean {
  return status === "failed" && error?.code === "no-capacity";
}

/** With the place that becomes free, nothing has to wait for its next attempt. */
function withoutLacks(draft: Draft): Draft {
  return draft.record.replicas.filter(isLack).reduce((next, { token }) => withoutReplica(next, token), draft);
}

/** Whether the new run may take over though it is not complete: where one is exchanged for one, as soon as it serves as much as the old one. */
export function mayTakeOver(draft: Draft): boolean {
  const { fresh, stale } = sortOut(draft);
  const ready = fresh.filter(isServing).length;
  if (ready >= desiredReplicas(draft.record)) return true;
  return (
    isBeside(draft) && strategyOf(draft.record) === "stop-first" && ready > 0 && ready >= stale.filter(isServing).length
  );
}

/** After a `blue-green` exchange the run that served before stands by for a while, unrouted, to take over again at once. */
export function standsBy(draft: Draft, context: Context): { readonly until: number } | null {
  const { tookOverAt } = currentDeployment(draft.record);
  if (tookOverAt === undefined || strategyOf(draft.record) !== "blue-green") return null;
  // What was turned down is nothing to take over again.
  if (isGoingBack(draft.record)) return null;
  const until = fromTimestamp(tookOverAt) + context.policy.rollout.hold * 1000;
  return context.now < until ? { until } : null;
}

/** Replicas of the run that serves are; those of another are ready for nothing. */
export function isRouted(replica: ReplicaRecord, record: ServiceRecord): boolean {
  return deploymentOf(record, replica.deployment).run === record.run;
}

/** Alive replicas of a run that neither serves nor is to: those that stand by. */
export function isOfOtherRun(record: ServiceRecord): (replica: ReplicaRecord) => boolean {
  const ours = new Set(record.deployments.filter(({ run }) => run === record.run).map(({ num }) => num));
  return (replica) => isAlive(replica) && !ours.has(replica.deployment);
}
