import type { ObservedInstance, Owner } from "../backends/backend.ts";
import type { Snapshot } from "../state/store.ts";

/** Instances with our tags that no record knows, by what may be done about them. */
export interface Orphans<Instance extends ObservedInstance = ObservedInstance> {
  /** Attempts that the state has given up, or services that it removed: ended by whoever sees them. */
  readonly tombstoned: readonly Instance[];
  /** The same, of services that are paused: reported, and ended once these go on. */
  readonly paused: readonly Instance[];
  /** Of another state, or newer than the branch: reported, and never touched. */
  readonly unknown: readonly Instance[];
}

/**
 * Attempt numbers are recorded before they are used and never used twice, so that an attempt up to the recorded number
 * which no replica has any more was given up: no list of tombstones is needed. Of a service that is gone its birth is
 * remembered; what bears a later one may be of a branch that was rewound since.
 */
export function findOrphans<Instance extends ObservedInstance>(
  instances: readonly Instance[],
  snapshot: Snapshot,
): Orphans<Instance> {
  const orphans = instances.filter((instance) => instance.status !== "gone" && !isRecorded(instance, snapshot));
  const givenUp = orphans.filter((instance) => isTombstoned(instance, snapshot));
  return {
    tombstoned: givenUp.filter(({ service }) => !isPaused(service, snapshot)),
    paused: givenUp.filter(({ service }) => isPaused(service, snapshot)),
    unknown: orphans.filter((instance) => !givenUp.includes(instance)),
  };
}

/**
 * Unknown instances that a newer state, or another one of the same branch, must have started: what is recorded of their
 * services is not the newest. Those of other projects are somebody else's business.
 */
export function findStrangers<Instance extends ObservedInstance>(
  instances: readonly Instance[],
  snapshot: Snapshot,
  { project }: Pick<Owner, "project">,
): readonly Instance[] {
  return findOrphans(instances, snapshot).unknown.filter((instance) => (instance.project ?? project) === project);
}

/** When an attempt's service was born, and its number; `null`: no token of ours. */
export function partsOfToken(token: string): { readonly born: number; readonly attempt: number } | null {
  const parts = /-(?<born>\d+)-(?<attempt>\d+)$/.exec(token)?.groups;
  return parts === undefined ? null : { born: Number(parts["born"]), attempt: Number(parts["attempt"]) };
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
  const parts = partsOfToken(instance.token);
  if (parts === null) return false;
  const { born, attempt } = parts;
  const record = snapshot.services.get(instance.service)?.record ?? null;
  if (record === null)
    return snapshot.gone?.services.some((grave) => grave.name === instance.service && born <= grave.born) ?? false;
  return born < record.born || (born === record.born && attempt <= record.attempts);
}
