import type { Policy } from "../../config/settings.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Event } from "../event.ts";
import type { Observed } from "../observed.ts";
import type { Others } from "./others.ts";

/** What every decider sees and none may change. `now` in milliseconds since the epoch. */
export interface Context {
  readonly observed: Observed;
  readonly policy: Policy;
  readonly now: number;
  /** Worked out where a limit over several services asks for it. Absent: there are none. */
  readonly others?: () => Others;
  /** How many lost or ill replicas somebody consents to give up within the hour. Absent: none. */
  readonly consent?: number | "all" | undefined;
}

/** What the ladder of deciders builds: each takes a draft and returns the next. */
export interface Draft {
  readonly record: ServiceRecord;
  readonly notes: readonly Note[];
  /** When to look again though nothing happens, in milliseconds since the epoch; the earliest that a decider asked for. */
  readonly wakeAt: number | null;
}

/** A reason, for people and programs; nothing branches on it. */
export type Note = Omit<Event, "time" | "service">;

export type Decider = (draft: Draft, context: Context) => Draft;

export function note(
  draft: Draft,
  event: Event["event"],
  replica: Pick<ReplicaRecord, "num" | "deployment"> | null,
  detail: string,
): Draft {
  const entry: Note = { event, replica: replica?.num ?? null, deployment: replica?.deployment ?? null, detail };
  return { ...draft, notes: [...draft.notes, entry] };
}

export function wake(draft: Draft, at: number): Draft {
  return { ...draft, wakeAt: draft.wakeAt === null ? at : Math.min(draft.wakeAt, at) };
}

/** Replaces the replica with the same token. */
export function withReplica(draft: Draft, replica: ReplicaRecord): Draft {
  const replicas = draft.record.replicas.map((other) => (other.token === replica.token ? replica : other));
  return { ...draft, record: { ...draft.record, replicas } };
}

export function withoutReplica(draft: Draft, token: string): Draft {
  return {
    ...draft,
    record: { ...draft.record, replicas: draft.record.replicas.filter((other) => other.token !== token) },
  };
}

/** The deployment that passes work towards. A record without it is damaged, which loading has ruled out. */
export function currentDeployment(record: ServiceRecord): DeploymentRecord {
  return deploymentOf(record, record.current);
}

export function deploymentOf(record: ServiceRecord, num: number): DeploymentRecord {
  const found = record.deployments.find((deployment) => deployment.num === num);
  if (found === undefined) throw new Error(`record of ${record.name} has no deployment ${num}`);
  return found;
}

/** Whether replicas of one deployment are as good as those of the other. */
export function isSameJob(a: DeploymentRecord, b: DeploymentRecord): boolean {
  return a.run === b.run && a.restarts === b.restarts && a.job === b.job;
}

/** Whether an acceptance turned out unhealthy: the same revision, accepted again, is tried again. */
export function isQuarantined(
  { quarantined }: ServiceRecord,
  { fingerprint, acceptance }: Pick<DeploymentRecord, "fingerprint" | "acceptance">,
): boolean {
  return quarantined.some((entry) => entry.fingerprint === fingerprint && entry.acceptance === acceptance);
}

/** Whether nothing more is started of an acceptance: it turned out unhealthy, or was given up for lack of capacity. */
export function isOver(record: ServiceRecord, deployment: DeploymentRecord): boolean {
  return isQuarantined(record, deployment) || deployment.gaveUpAt !== undefined;
}

export function withDeployment(draft: Draft, deployment: DeploymentRecord): Draft {
  const deployments = draft.record.deployments.map((other) => (other.num === deployment.num ? deployment : other));
  return { ...draft, record: { ...draft.record, deployments } };
}

/** Asked for or there, and not on its way out. */
export function isAlive(replica: ReplicaRecord): boolean {
  return (
    replica.status === "submitted" ||
    replica.status === "provisioning" ||
    replica.status === "pulling" ||
    replica.status === "running"
  );
}

/** Takes requests: ready, and not on its way out. */
export function isServing(replica: ReplicaRecord): boolean {
  return replica.status === "running" && replica.readyAt !== null;
}

/** Begins the end of a replica: it leaves the routes with this record, drains, and is terminated by a later pass. */
export function retire(
  draft: Draft,
  replica: ReplicaRecord,
  reason: NonNullable<ReplicaRecord["termination"]>["reason"],
  context: Context,
): Draft {
  const drain = isServing(replica) ? context.policy.rollout.drain * 1000 : 0;
  const termination = { reason, since: toTimestamp(context.now), drainUntil: toTimestamp(context.now + drain) };
  const retired = withReplica(draft, { ...replica, status: "terminating", termination });
  return note(retired, drain > 0 ? "drain" : "terminate", replica, reason);
}

export function elapsedSince(timestamp: string, context: Context): number {
  return context.now - fromTimestamp(timestamp);
}
