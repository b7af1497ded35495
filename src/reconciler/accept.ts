import type { Job, PinnedFiles, PinnedRepos } from "../config/job.ts";
import { jobDigest, jobOf } from "../config/job.ts";
import type { Strategy } from "../config/settings.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import type { DeploymentRecord, ServiceRecord, Target } from "../state/record.ts";
import { clamp } from "./decide/autoscale.ts";
import { currentDeployment, deploymentOf, isOver, isServing } from "./decide/draft.ts";
import { stillUsed } from "./decide/finish.ts";
import { withinBounds } from "./decide/scale.ts";
import { isRouted } from "./decide/strategy.ts";

/** A revision that somebody wants a service to run. */
export interface Revision {
  readonly spec: ServiceSpec;
  readonly fingerprint: string;
  readonly files: PinnedFiles;
  /** Absent: none. */
  readonly repos?: PinnedRepos;
  /** Path of the service file, from the repository's root. */
  readonly file: string;
  readonly commit: string | null;
}

/** Who accepts, when, and which plan they saw. `now` in milliseconds since the epoch. */
export interface Acceptance {
  readonly by: string;
  readonly planId: string;
  readonly now: number;
  /** Of the state that the plan was made on. */
  readonly generation: number;
  /** Absent: `surge`. */
  readonly strategy?: Strategy;
}

/** How much of a service an accepted revision replaces. */
export type Replacement = "where-jobs-differ" | "every-replica" | "whole-run";

/**
 * The deployment that an edit is compared with: the newest of the run that serves. A run that never came to serve does
 * not count: what replaces it replaces what serves.
 */
export function servingDeployment(record: ServiceRecord): DeploymentRecord {
  const current = currentDeployment(record);
  if (current.run === record.run) return current;
  return record.deployments.filter((deployment) => deployment.run === record.run).at(-1) ?? current;
}

/** The record with the revision as its target: one write, and everything after it is passes. Pure. */
export function acceptRevision(
  record: ServiceRecord | null,
  revision: Revision,
  replacement: Replacement,
  acceptance: Acceptance,
): ServiceRecord {
  const base = record === null || record.deployments.length === 0 ? null : servingDeployment(record);
  const newest = record?.deployments.at(-1) ?? null;
  const num = newest === null ? 0 : Math.max(newest.num, record?.target?.deployment ?? 0) + 1;
  const runs = (record?.deployments ?? []).map((deployment) => deployment.run);
  const run = base === null ? 1 : replacement === "whole-run" ? Math.max(...runs) + 1 : base.run;
  const acceptedAt = toTimestamp(acceptance.now);
  const count = Math.max(0, ...(record?.deployments ?? []).map((deployment) => deployment.acceptance)) + 1;
  const deployment: DeploymentRecord = {
    num,
    run,
    spec: revision.spec,
    fingerprint: revision.fingerprint,
    acceptance: count,
    files: revision.files,
    ...reposOf(revision),
    job: jobDigest(jobFor(revision)),
    restarts: (base?.restarts ?? 0) + (replacement === "every-replica" ? 1 : 0),
    file: revision.file,
    commit: revision.commit,
    acceptedAt,
    settledAt: null,
    bakedAt: null,
  };
  const served =
    record === null ? 0 : record.replicas.filter((each) => isServing(each) && isRouted(each, record)).length;
  const kept = Math.min(served, wantedCount(record, revision));
  const strategy = acceptance.strategy ?? strategyUnderWay(record, replacement);
  const target: Target = {
    deployment: num,
    fingerprint: revision.fingerprint,
    acceptance: count,
    commit: revision.commit,
    planId: acceptance.planId,
    by: acceptance.by,
    acceptedAt,
    floor: strategy === "stop-first" ? reducedFloor(kept, replacement) : kept,
    served,
    ...(strategy === undefined ? {} : { strategy }),
  };
  return {
    ...rememberedOf(record),
    name: revision.spec.name,
    born: record?.born ?? acceptance.generation,
    target,
    current: num,
    run: base === null || record === null ? run : record.run,
    deployments: [...(record === null ? [] : stillUsed(record)), deployment],
    replicas: record?.replicas ?? [],
    attempts: record?.attempts ?? 0,
    quarantined: (record?.quarantined ?? []).slice(-10),
    verdict: null,
    scaled: withinBounds(record?.scaled ?? null, revision.spec, acceptedAt),
    // A schedule goes on through its edits; a time that only `max_duration` gives begins anew.
    window: revision.spec.schedule !== null && base?.spec.schedule ? (record?.window ?? null) : null,
    paused: record?.paused ?? null,
  };
}

/** An edit that exchanges nothing itself leaves how the rest of an earlier one is exchanged as it was. */
function strategyUnderWay(record: ServiceRecord | null, replacement: Replacement): Strategy | undefined {
  if (record === null || record.target === null || replacement !== "where-jobs-differ") return undefined;
  return deploymentOf(record, record.target.deployment).settledAt === null ? record.target.strategy : undefined;
}

/** What serves at least while one leaves before its successor comes: a whole run takes over once it serves as much as what is left of the other. */
function reducedFloor(kept: number, replacement: Replacement): number {
  return Math.max(0, replacement === "whole-run" ? Math.floor(kept / 2) : kept - 1);
}

/** What is known of a service whatever it runs. */
function rememberedOf(record: ServiceRecord | null): Pick<ServiceRecord, "starts" | "spent" | "brake"> {
  return {
    ...(record?.starts === undefined ? {} : { starts: record.starts }),
    ...(record?.spent === undefined ? {} : { spent: record.spent }),
    ...(record?.brake === undefined ? {} : { brake: record.brake }),
  };
}

/** How many replicas a revision wants while it is up. What serves now is not taken away by accepting: scaling goes on from the count that it came to. */
export function wantedCount(record: ServiceRecord | null, { spec }: Revision): number {
  return spec.scaling === null ? spec.replicas.min : clamp(record?.scaled?.count ?? spec.replicas.min, spec.replicas);
}

function jobFor(revision: Revision): Job {
  return jobOf(revision.spec, revision.files, revision.repos);
}

/** The record with the service's end as its target. */
export function acceptRemoval(record: ServiceRecord): ServiceRecord {
  return { ...record, target: null, verdict: null };
}

/** The same revision again, with every replica replaced. */
export function acceptRestart(record: ServiceRecord, acceptance: Acceptance): ServiceRecord {
  const current = currentDeployment(record);
  // A run that stands beside the one that serves begins again beside it.
  const replacement = current.run === record.run ? "every-replica" : "whole-run";
  return acceptRevision(record, revisionOf(current), replacement, acceptance);
}

/** The revision that turned out unhealthy, or was given up, once more, after whatever was wrong around it has been mended. */
export function acceptRetry(record: ServiceRecord, acceptance: Acceptance): ServiceRecord | null {
  if (record.target === null) return null;
  const wanted = deploymentOf(record, record.target.deployment);
  if (!isOver(record, wanted) && record.verdict?.code !== "retry-limit") return null;
  const replacement = wanted.run === servingDeployment(record).run ? "where-jobs-differ" : "whole-run";
  return acceptRevision(record, revisionOf(wanted), replacement, acceptance);
}

/** What the brake holds back may be given up; `null` where it holds nothing. */
export function acceptCasualties(record: ServiceRecord, { now }: Pick<Acceptance, "now">): ServiceRecord | null {
  if (record.brake?.heldSince === undefined) return null;
  return { ...record, brake: { ...record.brake, consentedAt: toTimestamp(now) } };
}

/** A recorded deployment as something to be wanted again. */
export function revisionOf(deployment: DeploymentRecord): Revision {
  return {
    spec: deployment.spec,
    fingerprint: deployment.fingerprint,
    files: deployment.files,
    ...reposOf(deployment),
    file: deployment.file,
    commit: deployment.commit,
  };
}

/** A member that is there only where there are any, as in records of before there were. */
function reposOf({ repos = [] }: Pick<Revision, "repos">): Pick<Revision, "repos"> {
  return repos.length === 0 ? {} : { repos };
}
