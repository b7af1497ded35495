import { diffRevisions } from "../diff/compare.ts";
import type { DeploymentRecord, ServiceRecord } from "../state/record.ts";
import { type Acceptance, acceptRevision, servingDeployment } from "./accept.ts";

/** Deployments that a service may go back to, newest first: those that once settled and are not what it runs now. */
export function rollbackTargets(record: ServiceRecord): readonly DeploymentRecord[] {
  const now = servingDeployment(record);
  const seen = new Set([now.fingerprint]);
  return record.deployments.toReversed().filter((deployment) => {
    if (deployment.settledAt === null || seen.has(deployment.fingerprint)) return false;
    seen.add(deployment.fingerprint);
    return true;
  });
}

/** An earlier deployment as the service's target, under a new number; it is rolled out like any other. */
export function acceptRollback(record: ServiceRecord, wanted: DeploymentRecord, acceptance: Acceptance): ServiceRecord {
  const { spec, fingerprint, files, file, commit } = wanted;
  const { action } = diffRevisions(servingDeployment(record), wanted);
  const replacement = action === "restart" ? "whole-run" : "where-jobs-differ";
  return acceptRevision(record, { spec, fingerprint, files, file, commit }, replacement, acceptance);
}
