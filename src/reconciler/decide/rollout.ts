import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { canaryLimit, stepCanary } from "./canary.ts";
import {
  currentDeployment,
  deploymentOf,
  elapsedSince,
  isAlive,
  isServing,
  note,
  wake,
  withDeployment,
} from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { healthOf } from "./health.ts";
import { letGo } from "./let-go.ts";
import { isBeside, sortOut } from "./replicas.ts";
import { desiredReplicas } from "./scale.ts";
import { lastFailures, startReplicas } from "./start.ts";
import { isOfOtherRun, isRouted, makeRoom, mayTakeOver, strategyOf, waitsForRoom } from "./strategy.ts";
import { stickAtFailures } from "./stuck.ts";
import { tellWait } from "./tell-wait.ts";

/** One replica more than wanted may exist while a deployment replaces another (facts §4.1). */
const surge = 1;

/** Brings the service to its current deployment and count: starts what is missing, then lets go of what is too much. */
export function rollOut(draft: Draft, context: Context): Draft {
  const baked = stepCanary(bake(forget(draft), context), context);
  const started = startMissing(makeRoom(baked, context), context);
  const switched = switchRun(started, context);
  // What leaves makes room: its successor is announced by the same write.
  return tellWait(stickAtFailures(startMissing(letGo(switched, context), context), context), context);
}

/** Failed attempts hold back only a next one of the same revision, and only while one is wanted. */
function forget(draft: Draft): Draft {
  const { record } = draft;
  if (!record.replicas.some(({ status }) => status === "failed")) return draft;
  const { fresh, stale } = sortOut(draft);
  const missing = desiredReplicas(record) - fresh.length;
  const wanted = isBeside(draft)
    ? missing
    : Math.max(missing - stale.length, stale.length > 0 ? Math.min(surge, missing) : 0);
  const alive = new Set([...fresh, ...stale].map(({ num }) => num));
  const failed = lastFailures(record).filter(({ status, num }) => status === "failed" && !alive.has(num));
  const kept = new Set(failed.filter((replica) => replica.deployment === record.current).slice(0, Math.max(0, wanted)));
  return {
    ...draft,
    record: {
      ...record,
      replicas: record.replicas.filter((replica) => replica.status !== "failed" || kept.has(replica)),
    },
  };
}

function startMissing(draft: Draft, context: Context): Draft {
  const desired = desiredReplicas(draft.record);
  const { fresh, stale } = sortOut(draft);
  if (waitsForRoom(draft, context)) return draft;
  const most = mayAnnounce(draft, context);
  if (isBeside(draft)) {
    const stopsFirst = strategyOf(draft.record) === "stop-first";
    const atOnce = stopsFirst ? Math.max(1, desired - fresh.length - stale.length) : Infinity;
    return startReplicas(draft, Math.min(desired - fresh.length, atOnce, most), context);
  }
  const aside = stale.filter(isOfOtherRun(draft.record)).length;
  const alive = fresh.length + stale.length - aside;
  // Below the wanted count (a replica died, or more are wanted) all that is missing is started, in a canary, too; beyond it one at a time.
  const exchanged = stale.length === aside ? 0 : canaryLimit(draft.record, desired) - fresh.length;
  const missing = Math.max(desired - alive, Math.min(surge, desired + surge - alive, exchanged));
  return startReplicas(draft, Math.min(missing, most), context);
}

/**
 * How many more may be announced now. Those that are still ending exist: what is announced beside them is called for once
 * they are gone (`mayExist`), which only a provider allows that takes a call twice.
 */
function mayAnnounce({ record }: Draft, { observed }: Context): number {
  const offer = observed.supply?.offers[0];
  if (offer !== undefined && observed.dedupes.get(offer.backend) === true) return Infinity;
  return mayExist(record) - record.replicas.filter(({ status }) => status === "submitted").length;
}

/** Which of the announced replicas may be called for now. */
export function callable(record: ServiceRecord, announced: readonly ReplicaRecord[]): readonly ReplicaRecord[] {
  if (currentDeployment(record).run === record.run) return announced.slice(0, mayExist(record));
  // A later run stands beside whole; in the one that serves what was announced still waits for those that leave.
  const serves = ({ deployment }: ReplicaRecord): boolean => deploymentOf(record, deployment).run === record.run;
  const leaving = record.replicas.some((replica) => replica.status === "terminating" && serves(replica));
  return announced.filter((replica) => !leaving || !serves(replica)).slice(0, mayExist(record));
}

/**
 * How many of the announced replicas may be called for now, so that no more than one instance too many exists while
 * replicas are exchanged: of a whole run beside the one that serves, none before what it supersedes is gone.
 */
function mayExist(record: ServiceRecord): number {
  const desired = desiredReplicas(record);
  const standsAside = isOfOtherRun(record);
  const there = record.replicas.filter(({ status }) => status !== "submitted" && status !== "failed");
  if (currentDeployment(record).run !== record.run) {
    const routed = there.filter((replica) => isAlive(replica) && isRouted(replica, record)).length;
    return Math.max(0, routed + desired + surge - there.length);
  }
  const exchanging = record.replicas.some(
    (replica) => isAlive(replica) && replica.deployment !== record.current && !standsAside(replica),
  );
  const existing = there.filter((replica) => !standsAside(replica)).length;
  return exchanging || existing > 0 ? Math.max(0, desired + surge - existing) : Infinity;
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
  return note(
    done,
    "note",
    first,
    `kept its probes for ${Math.round(elapsedSince(first.readyAt, context) / 100) / 10} s`,
  );
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
  if (!mayTakeOver(draft) || !proven) return draft;
  if (ready.some((replica) => healthOf(replica, context) !== "well")) return draft;
  const tookOver =
    strategyOf(draft.record) === "blue-green"
      ? withDeployment(draft, { ...deployment, tookOverAt: toTimestamp(context.now) })
      : draft;
  const switched = { ...tookOver, record: { ...tookOver.record, run: deployment.run } };
  return note(switched, "route", null, `deployment ${deployment.num} takes over`);
}
