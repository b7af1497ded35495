import type { ServiceRecord } from "../../state/record.ts";
import { currentDeployment } from "./draft.ts";

/** How many replicas the service should have now. Without scaling: the fixed count of its spec. */
export function desiredReplicas(record: ServiceRecord): number {
  return record.target === null ? 0 : currentDeployment(record).spec.replicas.min;
}
