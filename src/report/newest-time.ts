import { fromTimestamp } from "../lib/timestamp.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord, ServiceState } from "../state/record.ts";

type Time = string | null | undefined;

/** When something recorded of a service happened last, in milliseconds since the epoch; `null`: nothing tells. */
export function newestTime({ record, intents, lease }: ServiceState): number | null {
  const times = [
    ...(record === null ? [] : timesOf(record)),
    ...intents.map(({ openedAt }) => openedAt),
    lease?.acquiredAt,
  ];
  let newest: string | null = null;
  for (const time of times) {
    if (time !== null && time !== undefined && (newest === null || isLater(time, newest))) newest = time;
  }
  return newest === null ? null : fromTimestamp(newest);
}

/** Times that the program wrote are of one length, and compare as texts: much faster, and there are many. */
function isLater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : fromTimestamp(a) > fromTimestamp(b);
}

function timesOf(record: ServiceRecord): readonly Time[] {
  const { target, verdict, paused, scaled, window, brake } = record;
  return [
    target?.acceptedAt,
    verdict?.at,
    paused?.at,
    scaled?.at,
    window?.seenAt,
    window?.closedAt,
    brake?.heldSince,
    brake?.consentedAt,
    ...(brake?.givenUp ?? []).map(({ at }) => at),
    ...record.quarantined.map(({ at }) => at),
    ...record.deployments.flatMap(timesOfDeployment),
    ...record.replicas.flatMap(timesOfReplica),
  ];
}

function timesOfDeployment(deployment: DeploymentRecord): readonly Time[] {
  const { acceptedAt, settledAt, bakedAt, canary, canaryEndedAt, tookOverAt, gaveUpAt } = deployment;
  return [acceptedAt, settledAt, bakedAt, canary?.since, canaryEndedAt, tookOverAt, gaveUpAt];
}

function timesOfReplica(replica: ReplicaRecord): readonly Time[] {
  const { submittedAt, runningAt, readyAt, termination, error, unreachableSince, unlistedSince } = replica;
  return [submittedAt, runningAt, readyAt, termination?.since, error?.at, unreachableSince, unlistedSince];
}
