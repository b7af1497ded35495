import { currentDeployment, isOver } from "../reconciler/decide/draft.ts";
import { isFinal } from "../reconciler/decide/final.ts";
import { isUp } from "../reconciler/decide/schedule.ts";
import { closingOf, endingOf } from "../reconciler/ending.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";

/** The reference's words for the status of a service (facts §5.1), as far as a recorded one can have it. */
export type ServiceStatus = "pending" | "submitted" | "provisioning" | "running" | "terminating" | "failed" | "done";

/** Status of a service from its replicas, first match (facts §5.1). A failing one never hides that others run. */
export function statusOf(record: ServiceRecord): ServiceStatus {
  const has = (...statuses: readonly ReplicaRecord["status"][]): boolean =>
    record.replicas.some((replica) => statuses.includes(replica.status));
  if (record.target === null) return "terminating";
  if (has("running")) return "running";
  if (has("provisioning", "pulling")) return "provisioning";
  if (has("submitted")) return "submitted";
  if (isOutOfTime(record)) return has("terminating") ? "terminating" : "done";
  return isGivenUp(record) ? "failed" : "pending";
}

/** Its time is over, and no schedule brings it back. */
function isOutOfTime(record: ServiceRecord): boolean {
  return !isUp(record) && currentDeployment(record).spec.schedule === null;
}

/** Why nothing of a service is wanted now, in the reference's words; `null`: it is, or it has not begun. */
export function restText(record: ServiceRecord): string | null {
  return record.target === null || isUp(record) ? null : closingOf(record.window);
}

/** What passes work towards turned bad or could not be had, and there was nothing to go back to; or `retry` allows no further attempt. */
function isGivenUp(record: ServiceRecord): boolean {
  if (record.verdict?.code === "retry-limit") return true;
  return record.verdict !== null && isFinal(record, record.verdict) && isOver(record, currentDeployment(record));
}

/** The status for people: `retrying` where a service waits for what nobody could provide (facts §5.3). */
export function statusText(record: ServiceRecord): string {
  const status = statusOf(record);
  const lacks =
    record.verdict?.code === "no-capacity" ||
    record.replicas.some((replica) => endingOf(replica, record)?.event === "no-capacity");
  return lacks && (status === "pending" || status === "submitted") ? "retrying" : status;
}

/** A replica's status for people: how its last attempt ended, such as `exited (1)`, until the next one. */
export function replicaText(replica: ReplicaRecord, record: ServiceRecord): string {
  const ending = replica.status === "failed" ? endingOf(replica, record) : null;
  return ending?.word ?? replica.status;
}

/** Why a replica failed or is being ended; empty where there is nothing to say. */
export function replicaError(replica: ReplicaRecord, record: ServiceRecord): string {
  const reason = endingOf(replica, record)?.reason ?? null;
  return [reason, replica.error?.message ?? null].filter((text) => text !== null).join(": ");
}
