import type { ReplicaRecord } from "../../state/record.ts";
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

export function sortOut(draft: Draft): Replicas {
  const alive = draft.record.replicas.filter(isAlive);
  return {
    fresh: alive.filter((replica) => replica.deployment === draft.record.current),
    stale: alive.filter((replica) => replica.deployment !== draft.record.current),
    ending: draft.record.replicas.filter((replica) => replica.status === "terminating"),
  };
}

/** A later run stands whole beside the one that serves, until all of it is ready. */
export function isBeside(draft: Draft): boolean {
  return currentDeployment(draft.record).run !== draft.record.run;
}
