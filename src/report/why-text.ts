import { rollbackTargets } from "../reconciler/accept-rollback.ts";
import { sourceText } from "../reconciler/commit-message.ts";
import { canaryText } from "../reconciler/decide/canary.ts";
import { endingOf } from "../reconciler/ending.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../state/record.ts";
import { answerText } from "./probe-text.ts";
import { missedParts } from "./replica-marks.ts";
import { replicaText, statusText } from "./status.ts";
import type { Paint } from "./style.ts";

/** Why a service is as it is, for people. */
export function whyText(record: ServiceRecord, replicas: readonly ReplicaRecord[], paint: Paint): string {
  return [
    targetLine(record),
    `It is ${statusText(record)}.`,
    ...(record.paused === null
      ? []
      : [paint("yellow", `Paused by ${record.paused.by} since ${record.paused.at}: no pass touches it.`)]),
    ...deploymentLines(record),
    ...exchangeLines(record),
    ...timeLines(record),
    ...verdictLines(record, paint),
    ...replicas.map((replica) => replicaLine(replica, record)),
  ].join("\n");
}

function targetLine(record: ServiceRecord): string {
  const { target } = record;
  if (target === null) return `${record.name}: its removal was accepted.`;
  return `${record.name}: deployment ${target.deployment} was accepted from ${sourceText(target)} by ${target.by} at ${target.acceptedAt}; serving replicas never go below ${target.floor} for it.`;
}

function deploymentLines(record: ServiceRecord): readonly string[] {
  const back =
    record.target !== null && record.current !== record.target.deployment
      ? [`Passes work towards deployment ${record.current} instead: they went back to it.`]
      : [];
  const settled = record.deployments.find((deployment) => deployment.num === record.current)?.settledAt ?? null;
  return [
    ...back,
    settled === null
      ? `Deployment ${record.current} has not settled yet.`
      : `Deployment ${record.current} settled at ${settled}.`,
    ...earlierLines(record),
  ];
}

/** How far the exchange is that the target asks for. */
function exchangeLines(record: ServiceRecord): readonly string[] {
  const deployment = record.deployments.find(({ num }) => num === record.current);
  const strategy = record.target?.strategy ?? "surge";
  if (deployment === undefined || deployment.settledAt !== null) return [];
  const { canary, tookOverAt } = deployment;
  const named = strategy === "surge" ? [] : [`Its strategy is ${strategy}.`];
  if (canary !== undefined) {
    const since = canary.since === null ? "and is being reached" : `and has stood since ${canary.since}`;
    return [...named, `Canary step ${canary.step + 1} is ${canaryText(canary)}, ${since}.`];
  }
  return tookOverAt === undefined ? named : [...named, `It took over at ${tookOverAt}; the run before it stands by.`];
}

function earlierLines(record: ServiceRecord): readonly string[] {
  if (record.target === null) return [];
  const earlier = rollbackTargets(record).map((deployment) => `${deployment.num}${commitNote(deployment)}`);
  return earlier.length === 0 ? [] : [`\`rollback ${record.name} --to N\` can go to ${earlier.join(", ")}.`];
}

/** Names the commit of a deployment after its number; nothing for the work tree. */
export function commitNote({ commit }: Pick<DeploymentRecord, "commit">): string {
  return commit === null ? "" : ` (commit ${commit.slice(0, 12)})`;
}

function timeLines({ scaled, window }: ServiceRecord): readonly string[] {
  const count = scaled === null ? [] : [`Scaling has come to ${scaled.count} replicas, since ${scaled.at}.`];
  if (window === null) return count;
  const { openedAt, seenAt, closedAt, idle = [] } = window;
  const begun = `Its time began at ${openedAt}${seenAt === openedAt ? "" : `, first looked at ${seenAt}`}`;
  return [
    ...count,
    closedAt === null ? `${begun}.` : `${begun}, and was over at ${closedAt}: nothing runs until the next.`,
    ...idle.map(
      ({ replica, gpu, highest }) =>
        `\`utilization_policy\` ended it: GPU ${gpu} of replica ${replica} was used at ${highest}% at most.`,
    ),
  ];
}

function verdictLines(record: ServiceRecord, paint: Paint): readonly string[] {
  const { verdict } = record;
  if (verdict === null) return [];
  const probes = (verdict.evidence.probes ?? []).map(
    (probe) => `  probe ${probe.probe} ${probe.url}: ${answerText(probe)}`,
  );
  const exit = verdict.evidence.exitCode === undefined ? [] : [`  exit code ${verdict.evidence.exitCode}`];
  const traffic = Object.entries(verdict.evidence.traffic ?? {}).map(
    ([which, { requests, errors, seconds }]) =>
      `  ${which}: ${errors} of ${requests} requests failed, ${seconds.toFixed(3)} s on average`,
  );
  return [paint("red", `Verdict ${verdict.code} at ${verdict.at}: ${verdict.message}`), ...probes, ...exit, ...traffic];
}

function replicaLine(replica: ReplicaRecord, record: ServiceRecord): string {
  const ending = endingOf(replica, record);
  const reason =
    replica.termination === null
      ? ""
      : ` (${ending?.reason ?? replica.termination.reason} since ${replica.termination.since})`;
  const error =
    replica.error === null
      ? ""
      : `; ${replica.error.message} (an event \`${ending?.event}\` to \`retry\`), ${replica.failures} in a row, next attempt not before ${replica.error.retryAt}`;
  const missed = missedParts(replica, (time) => time).map((part) => `, ${part}`);
  return `replica ${replica.num}: ${replicaText(replica, record)}${reason}, deployment ${replica.deployment}, ready ${replica.readyAt ?? "not yet"}${missed.join("")}${error}`;
}
