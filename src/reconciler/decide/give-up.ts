import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Verdict } from "../../state/verdict.ts";
import { isAlive, isServing, note, wake, withDeployment } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { lastSettled, workingTowards } from "./go-back.ts";
import { capacityDeadline } from "./retry.ts";
import { desiredReplicas } from "./scale.ts";

/**
 * An exchange that has lacked capacity for too long is given up: no fault of the revision, which may be accepted again at
 * any time, but what was half exchanged goes back. What serves less than it did because one had to leave first waits no
 * longer than a start may take: its old place is the one that is known to be had.
 */
export function giveUp(draft: Draft, deployment: DeploymentRecord, context: Context): Draft {
  const since = lackingSince(draft.record, deployment);
  // What is on its way may be what was lacking.
  if (since === null || draft.record.replicas.some((replica) => isComing(replica, deployment))) return draft;
  const settled = lastSettled(draft.record, deployment);
  if (settled === null || !isHalfDone(draft.record, deployment)) return draft;
  const seconds = patience(draft.record, deployment, context);
  const until = since + seconds * 1000;
  if (context.now < until) return wake(draft, until);
  const at = toTimestamp(context.now);
  const message = `no capacity for ${seconds} s: deployment ${deployment.num} is given up`;
  const given = withDeployment(draft, { ...deployment, gaveUpAt: at });
  const verdict: Verdict = {
    code: "no-capacity",
    deployment: deployment.num,
    replica: null,
    message,
    at,
    evidence: draft.record.verdict?.evidence ?? {},
  };
  const record = { ...workingTowards(settled, { record: given.record, from: deployment, at }), verdict };
  const said = note({ ...given, record }, "verdict", null, `no-capacity: ${message}`);
  return note(said, "note", null, `going back to deployment ${settled.num}`);
}

/** What is merely short of replicas keeps those that it has, and goes on asking: only what replaces others goes back. */
function isHalfDone(record: ServiceRecord, deployment: DeploymentRecord): boolean {
  const stale = record.replicas.some((replica) => isAlive(replica) && replica.deployment !== deployment.num);
  const serving = record.replicas.filter(isServing).length;
  return stale || serving < Math.min(record.target?.served ?? 0, desiredReplicas(record));
}

function isComing(replica: ReplicaRecord, { num }: DeploymentRecord): boolean {
  return replica.deployment === num && isAlive(replica) && !isServing(replica);
}

/** Since when something of it cannot be had; `null`: nothing is lacking. */
function lackingSince(record: ServiceRecord, deployment: DeploymentRecord): number | null {
  const { verdict } = record;
  const lacks = record.replicas.filter(
    // One refusal, however late it was asked for, is not for long.
    ({ deployment: num, error, failures }) => num === deployment.num && error?.code === "no-capacity" && failures > 1,
  );
  const times = [
    ...lacks.flatMap(({ failingSince, error }) => failingSince ?? error?.at ?? []),
    ...(verdict?.code === "no-capacity" && verdict.deployment === deployment.num ? [verdict.at] : []),
  ];
  return times.length === 0 ? null : Math.min(...times.map(fromTimestamp));
}

function patience(record: ServiceRecord, deployment: DeploymentRecord, context: Context): number {
  const deadline = capacityDeadline(deployment.spec, context);
  const stoppedFirst = record.target?.strategy === "stop-first" && lastSettled(record, deployment) !== null;
  const serving = record.replicas.filter(isServing).length;
  const reduced = stoppedFirst && serving < (record.target?.served ?? 0);
  return reduced ? Math.min(deadline, context.policy.rollout.startup) : deadline;
}
