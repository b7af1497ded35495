import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord } from "../../state/record.ts";
import type { Evidence, Verdict } from "../../state/verdict.ts";
import { retryAt } from "./back-off.ts";
import { currentDeployment, isAlive, isQuarantined, isServing, note, retire, wake, withReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";

/**
 * Judges a deployment that has not settled yet by its replicas. One that turned bad ends the rollout: the revision is
 * quarantined, and passes work towards the last one that settled. A settled deployment is never judged: its replicas heal.
 */
export function judge(draft: Draft, context: Context): Draft {
  const deployment = currentDeployment(draft.record);
  if (deployment.settledAt !== null || isQuarantined(draft.record, deployment)) return judgeStartup(draft, context);
  const bad = draft.record.replicas.find(
    (replica) => isOf(replica, deployment) && fault(replica, deployment, context) !== null,
  );
  if (bad === undefined) return wakeAtDeadlines(draft, deployment, context);
  return goBack(draft, deployment, bad, context);
}

/** Started for this deployment: what an edit merely renumbered says nothing about the edit. */
function isOf(replica: ReplicaRecord, deployment: DeploymentRecord): boolean {
  return replica.deployment === deployment.num && replica.submittedAt >= deployment.acceptedAt;
}

/** Past its time to become ready, and seen not to be by this very process: whoever comes late has to look first. */
function isLate(replica: ReplicaRecord, context: Context): boolean {
  if (replica.readyAt !== null || replica.runningAt === null) return false;
  const seen = (context.observed.probes.get(replica.token) ?? []).some((streak) => streak.failures > 0);
  return seen && context.now >= fromTimestamp(replica.runningAt) + context.policy.rollout.startup * 1000;
}

/** What is wrong with a replica of a rollout; `null`: nothing that its probes or its process say. */
function fault(replica: ReplicaRecord, deployment: DeploymentRecord, context: Context): string | null {
  if (replica.error !== null) {
    if (replica.error.code === "no-capacity" || replica.error.code === "unreachable") return null;
    return replica.error.message;
  }
  if (replica.status !== "running" || replica.runningAt === null) return null;
  const streaks = context.observed.probes.get(replica.token) ?? [];
  if (replica.readyAt === null) {
    return isLate(replica, context) ? `was not ready within ${context.policy.rollout.startup} s of running` : null;
  }
  const threshold = context.policy.rollout.failureThreshold;
  const failing = streaks.some(
    (streak, index) => streak.failures >= threshold && deployment.spec.probes[index]?.until_ready !== true,
  );
  return failing ? `failed its probe ${threshold} times in a row after it was ready` : null;
}

function goBack(draft: Draft, deployment: DeploymentRecord, bad: ReplicaRecord, context: Context): Draft {
  const message = fault(bad, deployment, context) ?? "";
  const at = toTimestamp(context.now);
  const settled = draft.record.deployments
    .filter((other) => other.settledAt !== null && other.num < deployment.num)
    .at(-1);
  const quarantine = {
    fingerprint: deployment.fingerprint,
    acceptance: deployment.acceptance,
    deployment: deployment.num,
    at,
  };
  const verdict: Verdict = {
    code: "unhealthy",
    deployment: deployment.num,
    replica: bad.num,
    message: `replica ${bad.num} of deployment ${deployment.num} ${message}`,
    at,
    evidence: evidenceOf(bad, deployment, context),
  };
  const record = {
    ...draft.record,
    current: settled?.num ?? deployment.num,
    quarantined: [...draft.record.quarantined, quarantine],
    verdict,
  };
  const noted = note({ ...draft, record }, "verdict", bad, `unhealthy: ${verdict.message}`);
  const back = settled === undefined ? "nothing earlier to go back to" : `going back to deployment ${settled.num}`;
  return retireBad(note(noted, "note", null, back), bad, context);
}

/** What never served goes at once; one that serves, bad as it may be, only when its successor does. */
function retireBad(draft: Draft, bad: ReplicaRecord, context: Context): Draft {
  return isAlive(bad) && !isServing(bad) ? retire(draft, bad, "unhealthy", context) : draft;
}

function evidenceOf(bad: ReplicaRecord, deployment: DeploymentRecord, context: Context): Evidence {
  const streaks = context.observed.probes.get(bad.token) ?? [];
  const probes = streaks.map((streak, index) => ({
    probe: index,
    url: deployment.spec.probes[index]?.url ?? "/",
    status: streak.last?.status ?? null,
    error: streak.last?.error ?? null,
  }));
  const exitCode = bad.error?.exitCode ?? null;
  return {
    token: bad.token,
    backend: bad.backend,
    ...(exitCode === null ? {} : { exitCode }),
    ...(probes.length > 0 ? { probes } : {}),
  };
}

/** Outside a rollout a replica that never becomes ready is replaced, with back-off: it only costs money. */
function judgeStartup(draft: Draft, context: Context): Draft {
  return draft.record.replicas.reduce((next, replica) => {
    if (replica.status !== "running") return next;
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
    return retire(
      withReplica(next, { ...replica, failures, error }),
      { ...replica, failures, error },
      "unhealthy",
      context,
    );
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
