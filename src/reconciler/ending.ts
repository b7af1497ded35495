import type { RetrySpec } from "../config/spec.ts";
import type { ReplicaError, ReplicaRecord, ServiceRecord, Termination } from "../state/record.ts";

/** How an attempt to run a replica ended, as the reference tells it (facts §5.2). */
export interface Ending {
  /** `failed` ones are remembered until the next attempt; `terminated` ones were ended on purpose. */
  readonly status: "failed" | "terminated";
  /** What it is for `retry.on_events`; `null`: no reason to try again. */
  readonly event: RetrySpec["on_events"][number] | null;
  /** What people read for the status once it is over. */
  readonly word: string;
  /** Why, where that word does not say it all. */
  readonly reason: string | null;
}

type Ended = Pick<ReplicaRecord, "error" | "termination">;

/** What an error or a termination makes of a replica; `null`: nothing ends it. */
export function endingOf({ error, termination }: Ended, { window }: Pick<ServiceRecord, "window">): Ending | null {
  if (error !== null) return failures[error.code](error);
  if (termination === null) return null;
  // Nothing is wanted any more because the time is over: not for want of load.
  const over = termination.reason === "scaled-down" ? closingOf(window) : null;
  return over === null ? terminations[termination.reason] : terminated(over);
}

/** What closed a window, in the reference's words; `null`: it is open. */
export function closingOf(window: ServiceRecord["window"]): string | null {
  if (window === null || window.closedAt === null) return null;
  return window.idle === undefined ? "max duration exceeded" : "utilization policy";
}

const failures: Readonly<Record<ReplicaError["code"], (error: ReplicaError) => Ending>> = {
  // Whatever its code: a service is to run until somebody ends it.
  exited: ({ exitCode }) => failed("error", exitCode === null ? "error" : `exited (${exitCode})`, null),
  unhealthy: () => failed("error", "error", "unhealthy"),
  unreachable: () => failed("error", "error", "instance unreachable"),
  interrupted: () => failed("interruption", "interrupted", null),
  "no-capacity": () => failed("no-capacity", "no offers", null),
  "failed-to-start": () => failed("error", "error", "failed to start"),
};

const terminations: Readonly<Record<Termination["reason"], Ending>> = {
  "scaled-down": terminated("scaled down"),
  replaced: terminated("replaced"),
  superseded: terminated("superseded"),
  unhealthy: terminated("unhealthy"),
  removed: { ...terminated(null), word: "stopped" },
  exited: terminated(null),
};

function failed(event: NonNullable<Ending["event"]>, word: string, reason: string | null): Ending {
  return { status: "failed", event, word, reason };
}

function terminated(reason: string | null): Ending {
  return { status: "terminated", event: null, word: "terminated", reason };
}
