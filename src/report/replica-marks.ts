import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import type { ProbeSymbol } from "./replica-table.ts";

/**
 * A replica's probes as far as they are recorded, in the reference's symbols (facts §7), one a probe: `✓` has been ready,
 * `×` failed, as a verdict's evidence or the end of the replica says, `~` not ready yet. One symbol where there are no probes;
 * none for what is being ended.
 */
export function replicaMarks(replica: ReplicaRecord, record: ServiceRecord): string {
  const { num, deployment, status } = replica;
  if (status === "terminating" || status === "terminated") return "";
  const probes = record.deployments.find((each) => each.num === deployment)?.spec.probes ?? [];
  const { verdict } = record;
  const isJudged = verdict !== null && verdict.replica === num && verdict.deployment === deployment;
  const answers = isJudged ? (verdict.evidence.probes ?? []) : [];
  const failing = new Set(answers.filter(({ status }) => status === null || status > 299).map(({ probe }) => probe));
  return Array.from({ length: Math.max(1, probes.length) }, (_, index) => markOf(replica, failing.has(index))).join("");
}

function markOf({ status, readyAt }: ReplicaRecord, isFailing: boolean): ProbeSymbol {
  if (status === "failed" || isFailing) return "×";
  return status === "running" && readyAt !== null ? "✓" : "~";
}

/** What is missed of a replica that counts as running: its host, or its place in its provider's listing. */
export function missedParts(
  { status, unreachableSince, unlistedSince }: ReplicaRecord,
  timeText: (time: string) => string,
): readonly string[] {
  if (status !== "running") return [];
  return [
    ...(unreachableSince === undefined ? [] : [`out of reach since ${timeText(unreachableSince)}`]),
    ...(unlistedSince === undefined ? [] : [`not listed by its provider since ${timeText(unlistedSince)}`]),
  ];
}
