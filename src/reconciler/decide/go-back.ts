import { toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Evidence, Verdict } from "../../state/verdict.ts";
import { isAlive, isSameJob, isServing, note, retire } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { withinBounds } from "./scale.ts";

/** What turned a revision down: one of its replicas, and what is wrong with it. */
export interface Fault {
  readonly deployment: DeploymentRecord;
  readonly bad: ReplicaRecord;
  /** Completes "replica 2 of deployment 3 …". */
  readonly what: string;
  readonly traffic?: Evidence["traffic"];
}

/** The revision is quarantined, and passes work towards the last one that settled. */
export function goBack(draft: Draft, { deployment, bad, what, traffic }: Fault, context: Context): Draft {
  const at = toTimestamp(context.now);
  const settled = lastSettled(draft.record, deployment);
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
    message: `replica ${bad.num} of deployment ${deployment.num} ${what}`,
    at,
    evidence: { ...evidenceOf(bad, deployment, context), ...(traffic === undefined ? {} : { traffic }) },
  };
  const record = {
    ...workingTowards(settled ?? deployment, { record: draft.record, from: deployment, at }),
    quarantined: [...draft.record.quarantined, quarantine],
    verdict,
  };
  const noted = note({ ...draft, record }, "verdict", bad, `unhealthy: ${verdict.message}`);
  const back = settled === null ? "nothing earlier to go back to" : `going back to deployment ${settled.num}`;
  return retireBad(note(noted, "note", null, back), bad, context);
}

/** The record with an earlier deployment as the current one. A window that its schedule does not know is none of its. */
export function workingTowards(
  deployment: DeploymentRecord,
  { record, from, at }: { readonly record: ServiceRecord; readonly from: DeploymentRecord; readonly at: string },
): ServiceRecord {
  const isScheduled = ({ spec }: DeploymentRecord): boolean => spec.schedule !== null;
  return {
    ...record,
    current: deployment.num,
    scaled: withinBounds(record.scaled, deployment.spec, at),
    window: isScheduled(deployment) === isScheduled(from) ? record.window : null,
  };
}

/** What there is to go back to: the last deployment before this one that settled. */
export function lastSettled(record: ServiceRecord, deployment: DeploymentRecord): DeploymentRecord | null {
  return record.deployments.filter((other) => other.settledAt !== null && other.num < deployment.num).at(-1) ?? null;
}

/** Whether a deployment runs nothing but what had settled last: its replicas are the same as those that it goes back to. */
export function isKnownToServe(record: ServiceRecord, deployment: DeploymentRecord): boolean {
  const settled = lastSettled(record, deployment);
  return settled !== null && isSameJob(settled, deployment);
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
