import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { currentDeployment, isAlive } from "./draft.ts";
import type { Draft } from "./draft.ts";

/** A service's replicas by what a rollout does with them. */
export interface Replicas {
  /** Alive, of the current deployment. */
  readonly fresh: readonly ReplicaRecord[];
  /** Alive, of another one. */
  readonly stale: readonly ReplicaRecord[];
  readonly ending: readonly ReplicaRecord[];
}

/** Deciders ask of the same record one after the other. */
const sorted = new WeakMap<ServiceRecord, Replicas>();

export function sortOut({ record }: Pick<Draft, "record">): Replicas {
  const known = sorted.get(record);
  if (known !== undefined) return known;
  const alive = record.replicas.filter(isAlive);
  const replicas = {
    fresh: alive.filter(({ deployment }) => deployment === record.current),
    stale: alive.filter(({ deployment }) => deployment !== record.current),
    ending: record.replicas.filter(({ status }) => status === "terminating"),
  };
  sorted.set(record, replicas);
  return replicas;
}

/** A later run stands whole beside the one that serves, until all of it is ready. */
export function isBeside(draft: Draft): boolean {
  return currentDeployment(draft.record).run !== draft.record.run;
}
