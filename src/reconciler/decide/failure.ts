import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaError, ReplicaRecord } from "../../state/record.ts";
import { endingOf } from "../ending.ts";
import { retryAt } from "./back-off.ts";
import { elapsedSince, isServing, note, wake, withoutReplica, withReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";

/** How long a replica must have been ready for its end to count as a first failure again. */
const stableAfter = 60_000;

/** A provider's call is under way for no longer, unless its backend says otherwise: milliseconds. */
const longestCall = 60_000;

/** Whose clock said when a replica came to run may be behind by so much, beside a clock that decides: milliseconds. */
const clocksDiffer = 10_000;

type Failure = Omit<ReplicaError, "at" | "retryAt">;

/** The provider took it back. */
export const interruption: Failure = {
  code: "interrupted",
  exitCode: null,
  message: "was taken back by its provider",
};

/** Not in a listing that would show it: gone, though nobody of ours ended it. */
export function lost(draft: Draft, replica: ReplicaRecord, interrupted: boolean, context: Context): Draft {
  const from = visibleFrom(replica, context);
  if (context.now < from) return wake(draft, from);
  const gone: Failure = { code: "unreachable", exitCode: null, message: "is gone" };
  return failed(draft, replica, interrupted ? interruption : gone, context);
}

/** An instance that does not come to run in its time is ended, and another one is tried: no fault of what was to run on it. */
export function beginning(draft: Draft, replica: ReplicaRecord, context: Context): Draft {
  const { provisioning } = context.policy.rollout;
  const until = fromTimestamp(replica.submittedAt) + provisioning * 1000;
  if (context.now < until) return wake(withReplica(draft, replica), until);
  const message = `did not come to run within ${provisioning} s`;
  return exited(draft, replica, { code: "unreachable", exitCode: null, message }, context);
}

/** Its host does not answer, which may pass: only after a while it counts as lost, and what is left of it is ended. */
export function outOfReach(
  draft: Draft,
  replica: ReplicaRecord & { readonly unreachableSince: string },
  context: Context,
): Draft {
  const { unreachableAfter } = context.policy.heal;
  const until = fromTimestamp(replica.unreachableSince) + unreachableAfter * 1000;
  if (context.now < until) return wake(withReplica(draft, replica), until);
  const message = `its host has not answered for ${unreachableAfter} s`;
  return exited(draft, replica, { code: "unreachable", exitCode: null, message }, context);
}

/** From when on every listing shows the replica, if it is there: once it was seen, or once no call for it can be under way. */
export function visibleFrom(replica: ReplicaRecord, { observed }: Context): number {
  const visibility = observed.visibility.get(replica.backend) ?? 0;
  if (visibility === 0 && replica.instance !== null) return 0;
  if (replica.runningAt !== null) return fromTimestamp(replica.runningAt) + visibility + clocksDiffer;
  const callsLast = observed.callsLast?.get(replica.backend) ?? (visibility === 0 ? 0 : longestCall);
  return fromTimestamp(replica.submittedAt) + callsLast + visibility;
}

/** Its process ended by itself: what is left of the instance is ended too, and the failure is remembered until then. */
export function exited(draft: Draft, replica: ReplicaRecord, error: Failure, context: Context): Draft {
  const since = toTimestamp(context.now);
  const marked = mark(replica, error, context);
  const next = withReplica(draft, {
    ...marked,
    status: "terminating",
    termination: { reason: "exited", since, drainUntil: since },
  });
  return note(next, "note", replica, error.message);
}

/** What was left of it is gone: a failure is remembered until the next attempt. */
export function ended(draft: Draft, replica: ReplicaRecord): Draft {
  const noted = note(draft, "terminate", replica, "ended");
  if (endingOf(replica, draft.record)?.status !== "failed") return withoutReplica(noted, replica.token);
  return withReplica(noted, { ...replica, status: "failed", address: null, termination: null, instance: null });
}

/** It never came to run, or nobody knows how it ended. */
export function failed(draft: Draft, replica: ReplicaRecord, error: Failure, context: Context): Draft {
  const next = withReplica(draft, {
    ...mark(replica, error, context),
    status: "failed",
    address: null,
    termination: null,
    instance: null,
  });
  return note(withLack(next, replica, error, context), "note", replica, error.message);
}

/** A lack of capacity is no fault of the revision: it is said, and tried again. */
function withLack(draft: Draft, replica: ReplicaRecord, error: Failure, context: Context): Draft {
  if (error.code !== "no-capacity" || draft.record.verdict !== null) return draft;
  const { num, deployment, backend } = replica;
  const verdict = {
    code: "no-capacity",
    deployment,
    replica: num,
    message: error.message,
    at: toTimestamp(context.now),
    evidence: { backend },
  } as const;
  return { ...draft, record: { ...draft.record, verdict } };
}

function mark(marked: ReplicaRecord, error: Failure, context: Context): ReplicaRecord {
  const { unlistedSince: _, ...replica } = marked;
  const stable =
    isServing(replica) && replica.readyAt !== null && elapsedSince(replica.readyAt, context) >= stableAfter;
  const failures = stable ? 1 : replica.failures + 1;
  const at = toTimestamp(context.now);
  return {
    ...replica,
    failures,
    // What cannot be had is waited for since it was first asked for.
    failingSince: stable ? at : (replica.failingSince ?? (error.code === "no-capacity" ? replica.submittedAt : at)),
    error: { ...error, at, retryAt: toTimestamp(retryAt(error.code, failures, context.now)) },
  };
}
