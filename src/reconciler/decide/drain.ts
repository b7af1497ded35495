import { fromTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { wake } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";

/** Draining replicas that have nothing in flight any more, or no time left: they may be terminated. */
export function drained(record: ServiceRecord, context: Context): readonly ReplicaRecord[] {
  return record.replicas.filter((replica) => {
    if (replica.status !== "terminating" || replica.termination === null) return false;
    if (context.observed.blind.has(replica.backend)) return false;
    if (context.observed.instances.get(replica.token)?.status === "unobservable") return false;
    if (replica.readyAt === null) return true;
    // The routes that let go of it are published after the pass that says so.
    if (context.observed.unpublished || fromTimestamp(replica.termination.since) >= context.now) return false;
    return context.now >= fromTimestamp(replica.termination.drainUntil) || context.observed.drained.has(replica.token);
  });
}

/** Looks again when the first drain's time is over. */
export function wakeAtDrains(draft: Draft, context: Context): Draft {
  return draft.record.replicas.reduce((next, replica) => {
    const until = replica.termination === null ? 0 : fromTimestamp(replica.termination.drainUntil);
    return until > context.now ? wake(next, until) : next;
  }, draft);
}
