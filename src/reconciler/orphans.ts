import type { ObservedInstance } from "../backends/backend.ts";
import type { Snapshot } from "../state/store.ts";

/** Instances with our tags that no record knows, by what may be done about them. */
export interface Orphans {
  /** Attempts that the state has given up, or services that it removed: ended by whoever sees them. */
  readonly tombstoned: readonly ObservedInstance[];
  /** The same, of services that are paused: reported, and ended once these go on. */
  readonly paused: readonly ObservedInstance[];
  /** Of another state, or newer than the branch: reported, and never touched. */
  readonly unknown: readonly ObservedInstance[];
}

/**
 * Attempt numbers are recorded before they are used and never used twice, so that an attempt up to the recorded number
 * which no replica has any more was given up: no list of tombstones is needed. Of a service that is gone its birth is
 * remembered; what bears a later one may be of a branch that was rewound since.
 */
export function findOrphans(instances: readonly ObservedInstance[], snapshot: Snapshot): Orphans {
  const orphans = instances.filter((instance) => instance.status !== "gone" && !isRecorded(instance, snapshot));
  const givenUp = orphans.filter((instance) => isTombstoned(instance, snapshot));
  return {
    tombstoned: givenUp.filter(({ service }) => !isPaused(service, snapshot)),
    paused: givenUp.filter(({ service }) => isPaused(service, snapshot)),
    unknown: orphans.filter((instance) => !givenUp.includes(instance)),
  };
}

/** Somebody asked that nothing of it be touched. */
function isPaused(service: string, { services }: Snapshot): boolean {
  return (services.get(service)?.record?.paused ?? null) !== null;
}

function isRecorded(instance: ObservedInstance, snapshot: Snapshot): boolean {
  if (instance.stateId !== snapshot.stateId) return false;
  const record = snapshot.services.get(instance.service)?.record;
  // Of an attempt that failed only the failure is kept: what comes of it late is nobody's.
  return record?.replicas.some(({ token, status }) => token === instance.token && status !== "failed") ?? false;
}

function isTombstoned(instance: ObservedInstance, snapshot: Snapshot): boolean {
  if (instance.stateId !== snapshot.stateId) return false;
  const match = /-(?<born>\d+)-(?<attempt>\d+)$/.exec(instance.token);
  if (match?.groups === undefined) return false;
  const born = Number(match.groups["born"]);
  const record = snapshot.services.get(instance.service)?.record ?? null;
  if (record === null)
    return snapshot.gone?.services.some((grave) => grave.name === instance.service && born <= grave.born) ?? false;
  return born < record.born || (born === record.born && Number(match.groups["attempt"]) <= record.attempts);
}
