import type { Offer } from "../../backends/backend.ts";
import { isOfferOf, offeredOf } from "../../backends/placement.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Verdict } from "../../state/verdict.ts";
import type { Supply } from "../observed.ts";
import { payable, roomFor } from "./budget.ts";
import { currentDeployment, isAlive, isOver, note, wake, withoutReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isFinal } from "./final.ts";
import { isExhausted } from "./retry.ts";
import { headroomOf } from "./strategy.ts";
import { cannotRun, stick, unstick } from "./stuck.ts";

export const nothingOffered = "no backend offers an instance now";

/** Asks for up to `count` replicas of the current deployment. What failed before waits its time out first. */
export function startReplicas(draft: Draft, count: number, context: Context): Draft {
  if (count <= 0) return draft;
  const deployment = currentDeployment(draft.record);
  if (isOver(draft.record, deployment)) return draft;
  const { supply } = context.observed;
  // What died in this very pass was not known when offers were asked for.
  if (supply === null) return wake(draft, context.now);
  // What is left of one that ended by itself may still be there: it is replaced like those of which nothing is.
  const failed = lastFailures(draft.record);
  const exhausted = failed.filter((replica) => isExhausted(replica, draft.record, context));
  // Of several that are given up one is said, and of several reasons one: verdicts that take turns would never rest.
  const limited = exhausted[0] === undefined ? draft : atLimit(draft, exhausted[0], context);
  if (count <= exhausted.length) return limited;
  const hindrance = hindered(draft, supply, context);
  if (hindrance !== null) return withVerdict(draft, hindrance, context);
  const room = roomFor(draft, count - exhausted.length, context);
  if (room.count === 0) return room.verdict === null ? limited : withVerdict(draft, room.verdict, context);
  const tried = failed.filter((replica) => !exhausted.includes(replica));
  const waiting = tried.filter((replica) => retryTime(replica) > context.now);
  const ready = tried.filter((replica) => retryTime(replica) <= context.now);
  const delayed = waiting.reduce((next, replica) => wake(next, retryTime(replica)), limited);
  const wanted = Math.min(count - waiting.length - exhausted.length, room.count);
  const starts = Math.max(0, Math.min(wanted, roomNow(draft, supply, context)));
  return Array.from({ length: starts }).reduce<Draft>(
    (next, _, index) => startOne(next, ready[index] ?? null, context),
    starts === 0 || exhausted.length > 0
      ? delayed
      : clearHindrance(failed.some(cannotRun) ? delayed : unstick(delayed)),
  );
}

/** What offers had room for when they were asked for, less what was announced since. */
function roomNow({ record }: Draft, supply: Supply, { observed }: Context): number {
  const announced = record.replicas.filter(
    ({ status, token }) => status === "submitted" && !observed.instances.has(token),
  );
  return headroomOf(supply) - announced.length;
}

/** Why nothing can be started at all, as a verdict. What runs, runs on. */
function hindered(draft: Draft, supply: Supply, context: Context): Verdict | null {
  const lack = lackIn(supply);
  if (lack === null) return null;
  return { ...lack, deployment: currentDeployment(draft.record).num, replica: null, at: toTimestamp(context.now) };
}

function lackIn({ missingEnv, refusal, offers, lack }: Supply): Pick<Verdict, "code" | "message" | "evidence"> | null {
  if (missingEnv.length > 0)
    return {
      code: "missing-env",
      message: `no value here for ${missingEnv.join(", ")}`,
      evidence: { missing: missingEnv },
    };
  if (refusal !== null) return { code: "refused", message: refusal, evidence: {} };
  if (offers.length > 0) return null;
  return { code: "no-capacity", message: lack ?? nothingOffered, evidence: {} };
}

/** A replica that its service's `retry` gives up: the others serve on, and it is said. */
function atLimit(draft: Draft, replica: ReplicaRecord, context: Context): Draft {
  const { num, deployment, error, failingSince } = replica;
  if (error === null) return draft;
  const since = failingSince === undefined ? "" : ` since ${failingSince}`;
  return withVerdict(
    draft,
    {
      code: "retry-limit",
      deployment,
      replica: num,
      message: `replica ${num} ${error.message}${since}: \`retry\` allows no further attempt`,
      at: toTimestamp(context.now),
      evidence: error.exitCode === null ? {} : { exitCode: error.exitCode },
    },
    context,
  );
}

function withVerdict(draft: Draft, verdict: Verdict, { now }: Context): Draft {
  const { verdict: known } = draft.record;
  const same = known?.code === verdict.code && known.message === verdict.message;
  const later = verdict.code === "retry-limit" ? draft : wake(draft, now + 15_000);
  if (same || known?.code === "braked") return later;
  if (known !== null && isFinal(draft.record, known)) {
    const holds = verdict.code !== "no-capacity";
    return holds ? stick(later, verdict.message, verdict.evidence, { now }) : later;
  }
  return note(
    { ...later, record: { ...later.record, verdict } },
    "verdict",
    null,
    `${verdict.code}: ${verdict.message}`,
  );
}

function clearHindrance(draft: Draft): Draft {
  const { verdict } = draft.record;
  if (verdict === null || verdict.code === "braked" || isFinal(draft.record, verdict)) return draft;
  return { ...draft, record: { ...draft.record, verdict: null } };
}

function startOne(draft: Draft, failed: ReplicaRecord | null, context: Context): Draft {
  const offer = nextOffer(payable(draft, context.observed.supply?.offers ?? [], context), failed);
  if (offer === undefined) return draft;
  const cleared = failed?.status === "failed" ? withoutReplica(draft, failed.token) : draft;
  const { record } = cleared;
  const attempt = record.attempts + 1;
  const replica: ReplicaRecord = {
    num: failed?.num ?? smallestFree(record),
    deployment: record.current,
    token: `${record.name}-${record.born}-${attempt}`,
    status: "submitted",
    backend: offer.backend,
    region: offer.region,
    price: offer.price,
    offered: offeredOf(offer),
    instance: null,
    address: null,
    submittedAt: toTimestamp(context.now),
    runningAt: null,
    readyAt: null,
    termination: null,
    error: null,
    ...(context.observed.digests === undefined ? {} : { digests: context.observed.digests }),
    ...(failed?.failingSince === undefined ? {} : { failingSince: failed.failingSince }),
    failures: failed?.failures ?? 0,
  };
  return {
    ...cleared,
    record: { ...record, attempts: attempt, replicas: [...record.replicas, replica].sort((a, b) => a.num - b.num) },
  };
}

/** Ended by itself and not gone yet, with nothing under its number since. */
function isToReplace({ status, error, num, deployment }: ReplicaRecord, record: ServiceRecord): boolean {
  if (status !== "terminating" || error === null || deployment !== record.current) return false;
  return !record.replicas.some((other) => other.num === num && isAlive(other));
}

/**
 * What failed, by number. Of a number's attempts the last counts, also when it has just ended by itself: one may have been
 * replaced, and its successor have failed, before it was gone.
 */
export function lastFailures(record: ServiceRecord): readonly ReplicaRecord[] {
  return record.replicas
    .filter((replica) => replica.status === "failed" || isToReplace(replica, record))
    .filter((replica, index, all) => all.findLastIndex(({ num }) => num === replica.num) === index)
    .sort((a, b) => a.num - b.num);
}

/** The best, or the next best after the one that was offered and then not to be had. */
function nextOffer(offers: readonly Offer[], failed: ReplicaRecord | null): Offer | undefined {
  if (failed?.error?.code !== "no-capacity") return offers[0];
  const further = offers.slice(offers.findIndex((offer) => isOfferOf(offer, failed)) + 1);
  return further.find((offer) => !isOfferOf(offer, failed)) ?? offers[0];
}

/**
 * Numbers of ended replicas, and of those that are ending, are used again before new ones (facts §4.2): but for one that
 * ended by itself, whose next attempt comes under its number, and in its time.
 */
function smallestFree(record: ServiceRecord): number {
  const taken = new Set(
    record.replicas
      .filter((replica) => replica.status !== "terminating" || isToReplace(replica, record))
      .map((replica) => replica.num),
  );
  let num = 0;
  while (taken.has(num)) num += 1;
  return num;
}

function retryTime(replica: ReplicaRecord): number {
  return replica.error === null ? 0 : fromTimestamp(replica.error.retryAt);
}
