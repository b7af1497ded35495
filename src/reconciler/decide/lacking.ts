import type { ServiceRecord } from "../../state/record.ts";
import { currentDeployment, isAlive } from "./draft.ts";
import { desiredReplicas } from "./scale.ts";

/** Whether a replica of the current deployment may have to be started: only then is asked what can be had. */
export function isLacking(record: ServiceRecord): boolean {
  if (record.target === null) return false;
  const { num } = currentDeployment(record);
  const there = record.replicas.filter((replica) => isAlive(replica) && replica.deployment === num).length;
  return there < desiredReplicas(record);
}
