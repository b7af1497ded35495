import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaError, ReplicaRecord } from "../../state/record.ts";
import type { Context } from "./draft.ts";

export type RetryEvent = "no-capacity" | "interruption" | "error";

/** What happened, in the words of `retry` (facts §5.2, §5.4): a host that is gone counts as an interruption. */
export function retryEventOf(code: ReplicaError["code"]): RetryEvent {
  switch (code) {
    case "no-capacity":
      return "no-capacity";
    case "interrupted":
    case "unreachable":
      return "interruption";
    case "exited":
    case "unhealthy":
    case "failed-to-start":
      return "error";
  }
}

/**
 * Whether a service's own `retry` says that this one is not to be tried again: its event is not listed, or attempts have
 * failed for longer than its duration (facts §5.3). A service without `retry` sets no limit.
 */
export function isExhausted(
  { error, failingSince }: Pick<ReplicaRecord, "error" | "failingSince">,
  { retry }: Pick<ServiceSpec, "retry">,
  { now }: Pick<Context, "now">,
): boolean {
  if (error === null || retry === null || retry === false) return false;
  if (!retry.on_events.includes(retryEventOf(error.code))) return true;
  return now - fromTimestamp(failingSince ?? error.at) > retry.duration * 1000;
}

/** For how many seconds a rollout waits for capacity: the service's own `retry`, else the policy's deadline. */
export function capacityDeadline({ retry }: Pick<ServiceSpec, "retry">, { policy }: Pick<Context, "policy">): number {
  return retry !== null && retry !== false && retry.on_events.includes("no-capacity")
    ? retry.duration
    : policy.rollout.deadline;
}
