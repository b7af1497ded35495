import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaError, ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { retryAt } from "./back-off.ts";
import { compareCanary } from "./compare-canary.ts";
import { currentDeployment, isOver, retire, wake, withReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { giveUp } from "./give-up.ts";
import { goBack, isKnownToServe } from "./go-back.ts";

/**
 * Judges a deployment that has not settled yet by its replicas. One that turned bad ends the rollout: the revision is
 * quarantined, and passes work towards the last one that settled. A settled deployment is never judged: its replicas heal.
 */
export function judge(draft: Draft, context: Context): Draft {
  const deployment = currentDeployment(draft.record);
  if (deployment.settledAt !== null || isOver(draft.record, deployment)) return judgeStartup(draft, context);
  for (const replica of draft.record.replicas) {
    const what = isOf(replica, deployment, draft.record) ? fault(replica, deployment, context) : null;
    if (what !== null) return goBack(draft, { deployment, bad: replica, what }, context);
  }
  const worse = compareCanary(draft.record, context);
  if (worse !== null) return goBack(draft, { deployment, ...worse }, context);
  return giveUp(wakeAtDeadlines(draft, deployment, context), deployment, context);
}

/**
 * Started for this deployment, or for one of the same job that has not settled either: what an edit merely renumbered of
 * what had settled says nothing about the edit.
 */
function isOf(replica: ReplicaRecord, deployment: DeploymentRecord, record: ServiceRecord): boolean {
  if (replica.deployment !== deployment.num) return false;
  return replica.submittedAt >= deployment.acceptedAt || !isKnownToServe(record, deployment);
}

/** Past its time to become ready, and seen not to be by this very process: whoever comes late has to look first. */
function isLate(replica: ReplicaRecord, context: Context): boolean {
  if (replica.readyAt !== null || replica.runningAt === null) return false;
  // One failure says little to whoever has just come: it may pass the next time.
  const { failureThreshold } = context.policy.rollout;
  const streaks = context.observed.probes.get(replica.token) ?? [];
  const seen = streaks.some((streak) => streak.failures >= failureThreshold);
  return seen && context.now >= fromTimestamp(replica.runningAt) + context.policy.rollout.startup * 1000;
}

/** What a provider does, whatever it runs: it is healed, and says nothing about the revision. */
const blameless: ReadonlySet<ReplicaError["code"]> = new Set(["no-capacity", "unreachable", "interrupted"]);

/** What is wrong with a replica of a rollout; `null`: nothing that its probes or its process say. */
function fault(replica: ReplicaRecord, deployment: DeploymentRecord, context: Context): string | null {
  if (replica.error !== null) {
    return blameless.has(replica.error.code) ? null : replica.error.message;
  }
  // What its host keeps from answering says nothing.
  if (replica.status !== "running" || replica.runningAt === null || replica.unreachableSince !== undefined) return null;
  // Nor what its provider does not list: it may have been lost.
  if (!context.observed.instances.has(replica.token)) return null;
  const streaks = context.observed.probes.get(replica.token) ?? [];
  if (replica.readyAt === null) {
    return isLate(replica, context) ? `was not ready within ${context.policy.rollout.startup} s of running` : null;
  }
  const threshold = context.policy.rollout.failureThreshold;
  const visibility = context.observed.visibility.get(replica.backend) ?? 0;
  const failing = streaks.some(({ failures }, index) => {
    const probe = deployment.spec.probes[index];
    if (failures < threshold || probe?.until_ready === true) return false;
    // Where listings lag behind, its provider may have lost it before it was listed as running.
    return (failures - 1) * (probe?.interval ?? 0) * 1000 >= visibility;
  });
  return failing ? `failed its probe ${threshold} times in a row after it was ready` : null;
}

/** Outside a rollout a replica that never becomes ready is replaced, with back-off: it only costs money. */
function judgeStartup(draft: Draft, context: Context): Draft {
  return draft.record.replicas.reduce((next, replica) => {
    // What is not listed may be lost, or its provider mistaken: that is decided where it is missed.
    if (replica.status !== "running" || !context.observed.instances.has(replica.token)) return next;
    const deployment = draft.record.deployments.find((other) => other.num === replica.deployment);
    const late = isLate(replica, context);
    const { unhealthyAfter } = context.policy.heal;
    const streaks = context.observed.probes.get(replica.token) ?? [];
    const failing =
      unhealthyAfter !== null &&
      replica.readyAt !== null &&
      streaks.some(
        (streak, index) => streak.failures >= unhealthyAfter && deployment?.spec.probes[index]?.until_ready !== true,
      );
    if (!late && !failing) return next;
    const failures = replica.failures + 1;
    const at = toTimestamp(context.now);
    const error = {
      code: "unhealthy",
      exitCode: null,
      message: late ? "never became ready" : "keeps failing its probes",
      at,
      retryAt: toTimestamp(retryAt("unhealthy", failures, context.now)),
    } as const;
    const failed = { ...replica, failures, failingSince: replica.failingSince ?? at, error };
    return retire(withReplica(next, failed), failed, "unhealthy", context);
  }, draft);
}

function wakeAtDeadlines(draft: Draft, deployment: DeploymentRecord, context: Context): Draft {
  return draft.record.replicas.reduce((next, replica) => {
    if (
      replica.deployment !== deployment.num ||
      replica.status !== "running" ||
      replica.readyAt !== null ||
      replica.runningAt === null
    )
      return next;
    const deadline = fromTimestamp(replica.runningAt) + context.policy.rollout.startup * 1000;
    return deadline > context.now ? wake(next, deadline) : next;
  }, draft);
}
