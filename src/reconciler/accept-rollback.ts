import { diffRevisions } from "../diff/compare.ts";
import type { DeploymentRecord, ServiceRecord } from "../state/record.ts";
import { type Acceptance, acceptRevision, revisionOf, servingDeployment } from "./accept.ts";
import { currentDeployment } from "./decide/draft.ts";

/** Deployments that a service may go back to, newest first: those that once settled and are not what it is to run now. */
export function rollbackTargets(record: ServiceRecord): readonly DeploymentRecord[] {
  const seen: DeploymentRecord[] = [currentDeployment(record)];
  return record.deployments.toReversed().filter((deployment) => {
    // The contents of files and the states of repositories count as much as the spec.
    if (deployment.settledAt === null || seen.some((other) => isSame(other, deployment))) return false;
    seen.push(deployment);
    return true;
  });
}

function isSame(a: DeploymentRecord, b: DeploymentRecord): boolean {
  return diffRevisions(a, b).action === "none";
}

/** An earlier deployment as the service's target, under a new number; it is rolled out like any other. */
export function acceptRollback(record: ServiceRecord, wanted: DeploymentRecord, acceptance: Acceptance): ServiceRecord {
  const { action } = diffRevisions(servingDeployment(record), wanted);
  return acceptRevision(
    record,
    revisionOf(wanted),
    action === "restart" ? "whole-run" : "where-jobs-differ",
    acceptance,
  );
}
