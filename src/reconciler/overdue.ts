import { policyFor } from "../config/settings.ts";
import type { Policy, RolloutPolicy } from "../config/settings.ts";
import { fromTimestamp } from "../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord, ServiceState } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { currentDeployment, isAlive, isQuarantined } from "./decide/draft.ts";
import { isComplete } from "./decide/finish.ts";
import { bakeSeconds } from "./decide/rollout.ts";
import { cronsOf, endOf, nextFire, windowLength } from "./decide/schedule.ts";
import { medianStart } from "./decide/starts.ts";

/** What the next pass has to do though nothing else happens, and when, in milliseconds since the epoch. */
export interface Due {
  readonly at: number;
  /** For people: "its schedule". */
  readonly why: string;
}

/** After how long something due has been missed: twice the usual five minutes between two ticks. */
export const overdueAfter = 10 * 60_000;

/** A start that goes on for so long is watched by somebody, or by nobody: milliseconds. */
const longStart = 20 * 60_000;

/** What should have been done by now and was not; `null`: nothing, as far as records tell. Nobody keeps a heartbeat: passes that find everything as it was write nothing. */
export function overdueSince(service: ServiceState, policy: Policy, now: number): Due | null {
  const due = dueOf(service, policy);
  return due !== null && now - due.at > overdueAfter ? due : null;
}

/** Every service of the state for which something should have been done by now, by name. */
export function overdueServices(snapshot: Snapshot, policy: Policy, now: number): ReadonlyMap<string, Due> {
  const late = [...snapshot.services].flatMap(([name, service]) => {
    const due = overdueSince(service, policy, now);
    return due === null ? [] : [[name, due] as const];
  });
  return new Map(late.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The earliest that a record says is to be done; what somebody holds the lease of is theirs until its deadline. */
export function dueOf({ record, lease }: ServiceState, policy: Policy): Due | null {
  if (record === null || record.paused !== null) return null;
  const candidates = [...replicaDues(record, policy), ...timeDues(record), ...rolloutDues(record, policy)];
  const first = candidates.toSorted((a, b) => a.at - b.at)[0] ?? null;
  if (lease === null) return first;
  const deadline = fromTimestamp(lease.deadline);
  return first !== null && first.at > deadline ? first : { at: deadline, why: `what ${lease.owner.run} began` };
}

/** A tick that cannot start anything for lack of something writes nothing: whether any comes cannot be told then. */
function isHindered({ verdict }: ServiceRecord): boolean {
  return verdict !== null && verdict.code !== "unhealthy";
}

function isGivenUp(record: ServiceRecord): boolean {
  return record.target === null || isQuarantined(record, currentDeployment(record));
}

function replicaDues(record: ServiceRecord, policy: Policy): readonly Due[] {
  const allowed = allowedStart(record, policyFor(policy, record.name).rollout);
  return record.replicas.flatMap((replica): readonly Due[] => {
    const { num, status, termination, error } = replica;
    if (termination !== null) return [{ at: fromTimestamp(termination.drainUntil), why: `the end of replica ${num}` }];
    if (isHindered(record) || isGivenUp(record)) return [];
    if (status === "failed" && error !== null)
      return [{ at: fromTimestamp(error.retryAt), why: `another attempt at replica ${num}` }];
    if (!isStarting(replica)) return [];
    return [{ at: begunAt(replica) + allowed, why: `the start of replica ${num}` }];
  });
}

function allowedStart({ starts }: ServiceRecord, { startup }: RolloutPolicy): number {
  const usual = medianStart(starts);
  const recorded = usual === null ? 0 : (usual.run + usual.ready) * 3_000;
  return Math.max(longStart, recorded, startup * 1_000);
}

/** The beginning of its next window, and the end of the one that is open. */
function timeDues(record: ServiceRecord): readonly Due[] {
  const { target, window } = record;
  if (target === null) return [];
  const { spec } = currentDeployment(record);
  const length = windowLength(spec);
  if (window !== null && window.closedAt === null) {
    const end = fromTimestamp(window.openedAt) + length;
    return end === Infinity ? [] : [{ at: end, why: "the end of its time, by `max_duration`" }];
  }
  const after = window === null ? fromTimestamp(target.acceptedAt) : endOf(window, target, length);
  const fire = spec.schedule === null ? null : nextFire(cronsOf(spec), after);
  return fire === null ? [] : [{ at: fire, why: "its schedule" }];
}

/** A rollout under way that waits for no replica goes on once its pauses are over. */
function rolloutDues(record: ServiceRecord, policy: Policy): readonly Due[] {
  if (isHindered(record) || isGivenUp(record) || isComplete(record)) return [];
  const deployment = currentDeployment(record);
  if (deployment.settledAt !== null || record.replicas.some((replica) => !isAlive(replica) || isStarting(replica)))
    return [];
  const own = policyFor(policy, record.name);
  const bake = bakeSeconds(deployment, { policy: own }) * 1_000;
  const { canary, tookOverAt, bakedAt, acceptedAt } = deployment;
  const pause = (own.rollout.canary.steps[canary?.step ?? 0]?.pause ?? 0) * 1_000;
  const moments = [
    fromTimestamp(acceptedAt),
    ...record.replicas.flatMap(({ readyAt }) => (readyAt === null ? [] : [fromTimestamp(readyAt) + bake])),
    ...(bakedAt === null ? [] : [fromTimestamp(bakedAt)]),
    ...(canary === undefined || canary.since === null ? [] : [fromTimestamp(canary.since) + pause]),
    ...(tookOverAt === undefined ? [] : [fromTimestamp(tookOverAt) + own.rollout.hold * 1_000]),
  ];
  return [{ at: Math.max(...moments), why: "its rollout" }];
}

function isStarting(replica: ReplicaRecord): boolean {
  return isAlive(replica) && replica.readyAt === null;
}

function begunAt({ submittedAt, runningAt }: ReplicaRecord): number {
  return fromTimestamp(runningAt ?? submittedAt);
}
