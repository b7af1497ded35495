import { isSameJson } from "../lib/same.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";

/**
 * Whether the difference between two records must be remembered before anything else is done. What the next listing
 * tells again (that an instance is booting, its id and address) waits for the next write, so that a pass that only
 * watches writes nothing.
 */
export function isMaterial(before: ServiceRecord | null, after: ServiceRecord | null): boolean {
  if (before === after) return false;
  if (before === null || after === null) return true;
  return !areSameReplicas(withoutEnded(before, after), after.replicas) || !isSameJson(apart(before), apart(after));
}

/** That an announced end has come is seen again by whoever looks. */
function withoutEnded(before: ServiceRecord, after: ServiceRecord): readonly ReplicaRecord[] {
  if (before.replicas === after.replicas) return before.replicas;
  const there = new Set(after.replicas.map((replica) => replica.token));
  return before.replicas.filter((replica) => replica.status !== "terminating" || there.has(replica.token));
}

function areSameReplicas(before: readonly ReplicaRecord[], after: readonly ReplicaRecord[]): boolean {
  if (before === after) return true;
  if (before.length !== after.length) return false;
  return before.every((was, index) => {
    const is = after[index];
    return was === is || (is !== undefined && isSameJson(replicaEssence(was), replicaEssence(is)));
  });
}

/** What a record holds besides its replicas. Money is worked out again from what is recorded: it is written along. */
function apart(record: ServiceRecord): unknown {
  return { ...record, spent: undefined, replicas: undefined };
}

/** A replica that is not ready yet is only known to have been asked for; with its readiness everything about it is kept. */
function replicaEssence(replica: ReplicaRecord): unknown {
  const beginning = replica.readyAt === null && replica.error === null && replica.termination === null;
  if (!beginning) return replica;
  const { num, deployment, token, backend, failures, unreachableSince } = replica;
  return { num, deployment, token, backend, failures, unreachableSince };
}
