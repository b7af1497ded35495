import type { Lookup } from "../config/env.ts";
import { digesterOf } from "../config/value-digests.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { isAlive } from "./decide/draft.ts";
import type { World } from "./world.ts";

/** A name that has another value here than these replicas were given. */
export interface Rotated {
  readonly name: string;
  /** Numbers of replicas, ascending. */
  readonly replicas: readonly number[];
}

/** What is known of values here: none of it is recorded. */
export interface KnownValues extends Pick<World, "digestKey"> {
  readonly env: Lookup;
}

/** Names whose values have changed since a service's replicas were started. What has no value here, or was recorded under another key, says nothing. */
export function rotatedIn(record: ServiceRecord, stateId: string, { env, digestKey }: KnownValues): readonly Rotated[] {
  if (digestKey === undefined || digestKey === null) return [];
  const digester = digesterOf(digestKey, { stateId, service: record.name });
  const found = new Map<string, number[]>();
  for (const { num, digests } of record.replicas.filter(isAlive)) {
    if (digests?.key !== digester.key) continue;
    for (const [name, given] of Object.entries(digests.values)) {
      const value = env(name);
      if (value !== undefined && digester.digest(name, value) !== given)
        found.set(name, [...(found.get(name) ?? []), num]);
    }
  }
  return [...found].map(([name, replicas]) => ({ name, replicas: replicas.toSorted((a, b) => a - b) }));
}

/** Every service of the state with rotated names, by name. */
export function rotatedServices(snapshot: Snapshot, known: KnownValues): ReadonlyMap<string, readonly Rotated[]> {
  const found = [...snapshot.services].flatMap(([name, { record }]) => {
    const rotated = record === null ? [] : rotatedIn(record, snapshot.stateId, known);
    return rotated.length === 0 ? [] : [[name, rotated] as const];
  });
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
