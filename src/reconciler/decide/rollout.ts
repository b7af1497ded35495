import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord } from "../../state/record.ts";
import { currentDeployment, deploymentOf, elapsedSince, isAlive, isServing, note, retire, wake, withDeployment } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { desiredReplicas } from "./scale.ts";
import { startReplicas } from "./start.ts";

/** One replica more than wanted may exist while a deployment replaces another (facts §4.1). */
const surge = 1;

/** Brings the service to its current deployment and count: starts what is missing, then lets go of what is too much. */
export function rollOut(draft: Draft, context: Context): Draft {
  const baked = bake(forget(draft), context);
  const started = startMissing(baked, context);
  const switched = switchRun(started, context);
  return letGo(switched, context);
}

interface Replicas {
  /** Alive, of the current deployment. */
  readonly fresh: readonly ReplicaRecord[];
  /** Alive, of another one. */
  readonly stale: readonly ReplicaRecord[];
  readonly ending: readonly ReplicaRecord[];
}

function sortOut(draft: Draft): Replicas {
  const alive = draft.record.replicas.filter(isAlive);
  return {
    fresh: alive.filter((replica) => replica.deployment === draft.record.current),
    stale: alive.filter((replica) => replica.deployment !== draft.record.current),
    ending: draft.record.replicas.filter((replica) => replica.status === "terminating"),
  };
}

/** Failed attempts hold back only a next one of the same revision, and only while one is wanted. */
function forget(draft: Draft): Draft {
  const { record } = draft;
  const { fresh, stale } = sortOut(draft);
  const missing = desiredReplicas(record) - fresh.length;
  const wanted = isBeside(draft) ? missing : Math.max(missing - stale.length, stale.length > 0 ? Math.min(surge, missing) : 0);
  const failed = record.replicas.filter((replica) => replica.status === "failed").sort((a, b) => a.num - b.num);
  const kept = new Set(failed.filter((replica) => replica.deployment === record.current).slice(0, Math.max(0, wanted)));
  return { ...draft, record: { ...record, replicas: record.replicas.filter((replica) => replica.status !== "failed" || kept.has(replica)) } };
}

/** A later run stands whole beside the one that serves, until all of it is ready. */
function isBeside(draft: Draft): boolean {
  return currentDeployment(draft.record).run !== draft.record.run;
}

function startMissing(draft: Draft, context: Context): Draft {
  const desired = desiredReplicas(draft.record);
  const { fresh, stale, ending } = sortOut(draft);
  if (isBeside(draft)) return startReplicas(draft, desired - fresh.length, context);
  const alive = fresh.length + stale.length;
  if (stale.length === 0) return startReplicas(draft, desired - alive, context);
  // Below the wanted count (a replica died, or more are wanted) all that is missing is started; beyond it one at a time,
  // and those that are still ending count, because their instances still exist.
  const missing = Math.max(desired - alive, Math.min(surge, desired + surge - alive - ending.length));
  return startReplicas(draft, missing, context);
}

/** The first new replica that is ready keeps its probes for a while before any old one leaves. */
function bake(draft: Draft, context: Context): Draft {
  const deployment = currentDeployment(draft.record);
  if (deployment.bakedAt !== null) return draft;
  const { fresh, stale } = sortOut(draft);
  if (stale.length === 0) return draft;
  const first = fresh.filter(isServing).sort((a, b) => readyTime(a) - readyTime(b))[0];
  if (first === undefined || first.readyAt === null) return draft;
  const until = fromTimestamp(first.readyAt) + bakeSeconds(deployment, context) * 1000;
  if (context.now < until) return wake(draft, until);
  if (healthOf(first, context) !== "well") return draft;
  const done = withDeployment(draft, { ...deployment, bakedAt: toTimestamp(context.now) });
  return note(done, "note", first, `kept its probes for ${Math.round(elapsedSince(first.readyAt, context) / 100) / 10} s`);
}

export function bakeSeconds(deployment: DeploymentRecord, context: Pick<Context, "policy">): number {
  const { bake: configured } = context.policy.rollout;
  if (configured !== null) return configured;
  const { probes } = deployment.spec;
  return probes.length > 0 ? Math.max(...probes.map((probe) => probe.interval)) : 5;
}

function readyTime(replica: ReplicaRecord): number {
  return replica.readyAt === null ? Infinity : fromTimestamp(replica.readyAt);
}

/** All at once: from here on only the new run's replicas are routed, under the new route. */
function switchRun(draft: Draft, context: Context): Draft {
  if (!isBeside(draft)) return draft;
  const deployment = currentDeployment(draft.record);
  const { fresh, stale } = sortOut(draft);
  const ready = fresh.filter(isServing);
  const desired = desiredReplicas(draft.record);
  const proven = desired === 0 || deployment.bakedAt !== null || !stale.some(isServing);
  if (ready.length < desired || !proven) return draft;
  if (ready.some((replica) => healthOf(replica, context) !== "well")) return draft;
  const switched = { ...draft, record: { ...draft.record, run: deployment.run } };
  return note(switched, "route", null, `deployment ${deployment.num} takes over`);
}

function letGo(draft: Draft, context: Context): Draft {
  const desired = desiredReplicas(draft.record);
  const { fresh, stale } = sortOut(draft);
  if (isBeside(draft)) {
    // Neither what serves nor what is to: a run that never took over.
    const neverRouted = stale.filter((replica) => deploymentOf(draft.record, replica.deployment).run !== draft.record.run);
    return letGoOf(letGoOf(draft, neverRouted, "superseded", context), surplus(fresh, desired, context), "scaled-down", context);
  }
  const idle = stale.filter((replica) => !isServing(replica));
  const trimmed = letGoOf(letGoOf(draft, idle, "superseded", context), surplus(fresh, desired, context), "scaled-down", context);
  return letGoOfServing(trimmed, { stale: stale.filter(isServing), fresh: fresh.filter(isServing), desired }, context);
}

interface Serving {
  readonly stale: readonly ReplicaRecord[];
  readonly fresh: readonly ReplicaRecord[];
  readonly desired: number;
}

/** Old ones that serve leave when more serve than are wanted, and for each proven successor. Nothing leaves before everything was looked at. */
function letGoOfServing(draft: Draft, { stale, fresh, desired }: Serving, context: Context): Draft {
  if (stale.length === 0 || [...stale, ...fresh].some((replica) => healthOf(replica, context) === "unknown")) return draft;
  const successors = fresh.filter((replica) => healthOf(replica, context) === "well").length;
  const baked = currentDeployment(draft.record).bakedAt !== null;
  const scaledDown = Math.max(0, stale.length - desired);
  const replaced = baked ? Math.max(0, stale.length + Math.min(successors, desired) - desired) : 0;
  const leaving = Math.min(stale.length, Math.max(scaledDown, replaced));
    return letGoOf(draft, leastImportant(stale, context).slice(0, leaving), replaced >= leaving ? "replaced" : "scaled-down", context);
}

type Health = "well" | "failing" | "unknown";

/** By the answers that this process has had; being ready once is remembered, how it is now is not. */
function healthOf(replica: ReplicaRecord, context: Context): Health {
  const streaks = context.observed.probes.get(replica.token) ?? [];
  if (streaks.some((streak) => streak.failures > 0)) return "failing";
  return streaks.length > 0 && streaks.every((streak) => streak.successes > 0) ? "well" : "unknown";
}

function wellness(replica: ReplicaRecord, context: Context): number {
  return healthOf(replica, context) === "well" ? 1 : 0;
}

/** Stopping takes the least important first, then the highest number (facts §4.1). */
function leastImportant(replicas: readonly ReplicaRecord[], context: Context): readonly ReplicaRecord[] {
  return [...replicas].sort((a, b) => importance(a) - importance(b) || wellness(a, context) - wellness(b, context) || b.num - a.num);
}

function importance(replica: ReplicaRecord): number {
  if (replica.status === "submitted") return 0;
  if (replica.status !== "running") return 1;
  return replica.readyAt === null ? 2 : 3;
}

function surplus(replicas: readonly ReplicaRecord[], desired: number, context: Context): readonly ReplicaRecord[] {
  return leastImportant(replicas, context).slice(0, Math.max(0, replicas.length - desired));
}

function letGoOf(draft: Draft, replicas: readonly ReplicaRecord[], reason: "scaled-down" | "replaced" | "superseded", context: Context): Draft {
  return replicas.reduce((next, replica) => retire(next, replica, reason, context), draft);
}
