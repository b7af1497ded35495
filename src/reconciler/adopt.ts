import { fingerprint } from "../config/fingerprint.ts";
import { jobDigest, jobOf } from "../config/job.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { digest } from "../lib/digest.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../state/record.ts";
import { acceptRevision } from "./accept.ts";
import type { Acceptance, Revision } from "./accept.ts";
import { currentDeployment, isAlive } from "./decide/draft.ts";
import type { Found } from "./inventory.ts";
import { partsOfToken } from "./orphans.ts";

/** An instance that is to be taken into a record again. */
export interface Adoptable extends Found {
  /** It answers its probes now. */
  readonly ready: boolean;
}

/** What a service's record is rebuilt from, besides what runs. */
export interface Sources {
  /** What is recorded; `null`: nothing. */
  readonly record: ServiceRecord | null;
  /** What a service file says; `null`: there is none. */
  readonly revision: Revision | null;
  readonly acceptance: Acceptance;
}

/**
 * A service's record with instances that it does not know, under the numbers of their tags. What provably runs the job of
 * a known deployment belongs to that; of all else only the address is known: it serves as an earlier deployment, without
 * probes, until the next pass has rolled it. `null`: neither the state nor a file names the service.
 */
export function adoptInstances(instances: readonly Adoptable[], sources: Sources): ServiceRecord | null {
  const begun = sources.record ?? begin(instances, sources);
  if (begun === null) return null;
  const newestFirst = instances.toSorted((a, b) => attemptOf(b) - attemptOf(a));
  const adopted = newestFirst.reduce((record, instance) => adoptOne(record, instance, sources), begun);
  const replicas = adopted.replicas.toSorted((a, b) => a.num - b.num);
  return withFloor(numberedAbove({ ...adopted, replicas }, instances), sources.record === null);
}

/** The record with its numbers above those of these instances, so that none is used twice. */
export function numberedAbove(record: ServiceRecord, instances: readonly Pick<Found, "token">[]): ServiceRecord {
  return instances.reduce((next, { token }) => {
    const { born, attempt } = partsOfToken(token) ?? { born: 0, attempt: 0 };
    if (born < next.born) return next;
    return { ...next, born, attempts: born === next.born ? Math.max(next.attempts, attempt) : attempt };
  }, record);
}

/** A service that only its file knows: its deployment has the newest number, or the next where something else ran under that. */
function begin(instances: readonly Adoptable[], { revision, acceptance }: Sources): ServiceRecord | null {
  if (revision === null) return null;
  const record = acceptRevision(null, revision, "where-jobs-differ", acceptance);
  const newest = Math.max(0, ...instances.map(({ deployment }) => deployment));
  const own = currentDeployment(record);
  const isOwn = instances.every(({ deployment, job }) => deployment !== newest || job === own.job);
  const num = isOwn ? newest : newest + 1;
  return {
    ...record,
    current: num,
    target: record.target === null ? null : { ...record.target, deployment: num },
    deployments: [{ ...own, num }],
  };
}

function adoptOne(record: ServiceRecord, instance: Adoptable, sources: Sources): ServiceRecord {
  const deployment = deploymentFor(record, instance, sources);
  const known = record.deployments.some(({ num }) => num === deployment.num);
  const deployments = known ? record.deployments : [...record.deployments, deployment];
  return {
    ...record,
    deployments: deployments.toSorted((a, b) => a.num - b.num),
    replicas: [...record.replicas, replicaOf(record, instance, { deployment, now: sources.acceptance.now })],
  };
}

function deploymentFor(
  record: ServiceRecord,
  instance: Adoptable,
  { revision, acceptance }: Sources,
): DeploymentRecord {
  const current = currentDeployment(record);
  const alike = record.deployments.filter(({ job, run }) => job === instance.job && run === record.run);
  const known = alike.find(({ num }) => num === current.num) ?? alike.at(-1);
  if (known !== undefined) return known;
  const job = revision === null ? null : jobDigest(jobOf(revision.spec, revision.files, revision.repos));
  const isRevision = revision !== null && job === instance.job;
  const from = isRevision ? revision : { ...current, spec: unproven((revision ?? current).spec) };
  const isTaken = record.deployments.some(({ num }) => num === instance.deployment);
  return {
    num: isTaken ? Math.max(...record.deployments.map(({ num }) => num)) + 1 : instance.deployment,
    run: record.run,
    spec: from.spec,
    fingerprint: fingerprint(from.spec),
    acceptance: current.acceptance,
    files: isRevision ? revision.files : [],
    ...(isRevision && (revision.repos ?? []).length > 0 ? { repos: revision.repos } : {}),
    // What a tag does not say is equal to no job.
    job: instance.job ?? digest({ unknown: instance.deployment }),
    restarts: current.restarts,
    file: from.file,
    commit: from.commit,
    acceptedAt: toTimestamp(acceptance.now),
    settledAt: null,
    bakedAt: null,
  };
}

/** Only where it listens is taken for granted: what it would have to answer is not known. */
function unproven(spec: ServiceSpec): ServiceSpec {
  return { ...spec, probes: [], files: [], repos: [] };
}

function replicaOf(
  { replicas }: ServiceRecord,
  instance: Adoptable,
  { deployment, now }: { readonly deployment: DeploymentRecord; readonly now: number },
): ReplicaRecord {
  const { token, backend, region, price, address, ready, status } = instance;
  const taken = new Set(replicas.filter(isAlive).map(({ num }) => num));
  const free = Array.from({ length: taken.size + 1 }, (_, num) => num).find((num) => !taken.has(num)) ?? taken.size;
  const at = toTimestamp(now);
  const runs = status === "running" || status === "unreachable";
  const begins = status === "provisioning" || status === "pulling";
  return {
    num: taken.has(instance.replica) ? free : instance.replica,
    deployment: deployment.num,
    token,
    status: runs ? "running" : begins ? status : "terminating",
    backend,
    region,
    price,
    instance: instance.instance,
    address,
    submittedAt: toTimestamp(instance.startedAt ?? now),
    runningAt: runs ? toTimestamp(instance.startedAt ?? now) : null,
    readyAt: runs && ready ? at : null,
    termination: runs || begins ? null : { reason: "superseded", since: at, drainUntil: at },
    error: null,
    failures: 0,
  };
}

/** What serves now goes on to serve while the rest is rolled. */
function withFloor(record: ServiceRecord, isNew: boolean): ServiceRecord {
  if (!isNew || record.target === null) return record;
  const served = record.replicas.filter(({ readyAt }) => readyAt !== null).length;
  const floor = Math.min(served, currentDeployment(record).spec.replicas.min);
  return { ...record, target: { ...record.target, floor, served } };
}

function attemptOf({ token }: Found): number {
  const { born, attempt } = partsOfToken(token) ?? { born: 0, attempt: 0 };
  return born * 1e9 + attempt;
}
