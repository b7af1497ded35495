import { canonicalJson } from "../lib/canonical-json.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";

/**
 * Whether the difference between two records must be remembered before anything else is done. What the next listing
 * tells again (that an instance is booting, its id and address) waits for the next write, so that a pass that only
 * watches writes nothing.
 */
export function isMaterial(before: ServiceRecord | null, after: ServiceRecord | null): boolean {
  return canonicalJson(essence(before)) !== canonicalJson(essence(after));
}

function essence(record: ServiceRecord | null): unknown {
  return record === null ? null : { ...record, replicas: record.replicas.map(replicaEssence) };
}

/** A replica that is not ready yet is only known to have been asked for; with its readiness everything about it is kept. */
function replicaEssence(replica: ReplicaRecord): unknown {
  const beginning = replica.readyAt === null && replica.error === null && replica.termination === null;
  if (!beginning) return replica;
  const { num, deployment, token, backend, failures } = replica;
  return { num, deployment, token, backend, failures };
}
