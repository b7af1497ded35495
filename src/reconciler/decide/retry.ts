import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { endingOf } from "../ending.ts";
import { currentDeployment } from "./draft.ts";
import type { Context } from "./draft.ts";

/** The events of `retry` that a failure counts as: a host that is gone is an interruption, too, wherever it was (facts §5.4). */
function eventsOf({ error, termination }: Failed, record: Pick<ServiceRecord, "window">): readonly string[] {
  const event = endingOf({ error, termination }, record)?.event ?? null;
  return [...(event === null ? [] : [event]), ...(error?.code === "unreachable" ? ["interruption"] : [])];
}

type Failed = Pick<ReplicaRecord, "error" | "failingSince" | "termination">;

/**
 * Whether a service's own `retry` says that this one is not to be tried again: its event is not listed, or attempts have
 * failed for longer than its duration (facts §5.3). A service without `retry` sets no limit.
 */
export function isExhausted(replica: Failed, record: ServiceRecord, { now }: Pick<Context, "now">): boolean {
  const { retry } = currentDeployment(record).spec;
  const { error, failingSince } = replica;
  if (error === null || retry === null || retry === false) return false;
  const events = eventsOf(replica, record);
  if (!retry.on_events.some((event) => events.includes(event))) return true;
  return now - fromTimestamp(failingSince ?? error.at) > retry.duration * 1000;
}

/** For how many seconds a rollout waits for capacity: the service's own `retry`, else the policy's deadline. */
export function capacityDeadline({ retry }: Pick<ServiceSpec, "retry">, { policy }: Pick<Context, "policy">): number {
  return retry !== null && retry !== false && retry.on_events.includes("no-capacity")
    ? retry.duration
    : policy.rollout.deadline;
}
