import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord } from "../../state/record.ts";
import type { Verdict } from "../../state/verdict.ts";
import type { Supply } from "../observed.ts";
import { roomFor } from "./budget.ts";
import { currentDeployment, isQuarantined, note, wake, withoutReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";

/** Asks for up to `count` replicas of the current deployment. What failed before waits its time out first. */
export function startReplicas(draft: Draft, count: number, context: Context): Draft {
  if (count <= 0) return draft;
  if (isQuarantined(draft.record, currentDeployment(draft.record))) return draft;
  const { supply } = context.observed;
  // What died in this very pass was not known when offers were asked for.
  if (supply === null) return wake(draft, context.now);
  const hindrance = hindered(draft, supply, context);
  if (hindrance !== null) return withVerdict(draft, hindrance);
  const room = roomFor(draft, count, context);
  if (room.count === 0) return room.verdict === null ? draft : withVerdict(draft, room.verdict);
  const failed = draft.record.replicas.filter((replica) => replica.status === "failed").sort((a, b) => a.num - b.num);
  const waiting = failed.filter((replica) => retryTime(replica) > context.now);
  const ready = failed.filter((replica) => retryTime(replica) <= context.now);
  const delayed = waiting.reduce((next, replica) => wake(next, retryTime(replica)), draft);
  const starts = Math.max(0, Math.min(room.count, count - waiting.length));
  return Array.from({ length: starts }).reduce<Draft>(
    (next, _, index) => startOne(next, ready[index] ?? null, context),
    starts > 0 ? clearHindrance(delayed) : delayed,
  );
}

/** Why nothing can be started at all, as a verdict. What runs, runs on. */
function hindered(draft: Draft, supply: Supply, context: Context): Verdict | null {
  const deployment = currentDeployment(draft.record);
  const base = { deployment: deployment.num, replica: null, at: toTimestamp(context.now) };
  if (supply.missingEnv.length > 0) {
    const names = supply.missingEnv.join(", ");
    return {
      ...base,
      code: "missing-env",
      message: `no value here for ${names}`,
      evidence: { missing: supply.missingEnv },
    };
  }
  if (supply.refusal !== null) return { ...base, code: "refused", message: supply.refusal, evidence: {} };
  if (supply.offers.length === 0)
    return { ...base, code: "no-capacity", message: supply.lack ?? "no backend offers an instance now", evidence: {} };
  return null;
}

function withVerdict(draft: Draft, verdict: Verdict): Draft {
  const same = draft.record.verdict?.code === verdict.code && draft.record.verdict.message === verdict.message;
  const later = wake(draft, fromTimestamp(verdict.at) + 15_000);
  if (same || draft.record.verdict?.code === "unhealthy" || draft.record.verdict?.code === "braked") return later;
  return note(
    { ...later, record: { ...later.record, verdict } },
    "verdict",
    null,
    `${verdict.code}: ${verdict.message}`,
  );
}

function clearHindrance(draft: Draft): Draft {
  const { verdict } = draft.record;
  if (verdict === null || verdict.code === "unhealthy" || verdict.code === "stuck" || verdict.code === "braked")
    return draft;
  return { ...draft, record: { ...draft.record, verdict: null } };
}

function startOne(draft: Draft, failed: ReplicaRecord | null, context: Context): Draft {
  const offer = context.observed.supply?.offers[0];
  if (offer === undefined) return draft;
  const cleared = failed === null ? draft : withoutReplica(draft, failed.token);
  const { record } = cleared;
  const attempt = record.attempts + 1;
  const replica: ReplicaRecord = {
    num: failed?.num ?? smallestFree(record.replicas),
    deployment: record.current,
    token: `${record.name}-${record.born}-${attempt}`,
    status: "submitted",
    backend: offer.backend,
    region: offer.region,
    price: offer.price,
    instance: null,
    address: null,
    submittedAt: toTimestamp(context.now),
    runningAt: null,
    readyAt: null,
    termination: null,
    error: null,
    failures: failed?.failures ?? 0,
  };
  return {
    ...cleared,
    record: { ...record, attempts: attempt, replicas: [...record.replicas, replica].sort((a, b) => a.num - b.num) },
  };
}

/** Numbers of ended replicas, and of those that are ending, are used again before new ones (facts §4.2). */
function smallestFree(replicas: readonly ReplicaRecord[]): number {
  const taken = new Set(replicas.filter((replica) => replica.status !== "terminating").map((replica) => replica.num));
  let num = 0;
  while (taken.has(num)) num += 1;
  return num;
}

function retryTime(replica: ReplicaRecord): number {
  return replica.error === null ? 0 : fromTimestamp(replica.error.retryAt);
}
