import { toTimestamp } from "../../lib/timestamp.ts";
import type { DeploymentRecord, ServiceRecord } from "../../state/record.ts";
import { isHeldBack } from "./casualties.ts";
import { currentDeployment, isServing, withDeployment } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isFinal } from "./final.ts";
import { desiredReplicas } from "./scale.ts";
import { unstick } from "./stuck.ts";

/** Settled deployments that stay recorded, so that there is something to go back to. */
const keptDeployments = 5;

/** Once everything is as it should be: the deployment has settled, and what nothing refers to any more is forgotten. */
export function finish(draft: Draft, context: Context): Draft {
  if (!isComplete(draft.record)) return draft;
  const deployment = currentDeployment(draft.record);
  const settled = deployment.settledAt === null && isProven(draft.record) ? settle(draft, deployment, context) : draft;
  const cleared = clearVerdict(unstick(settled));
  return { ...cleared, record: { ...cleared.record, deployments: stillUsed(cleared.record) } };
}

/** With no replica wanted for now, because of the time or the load, nothing has been shown of a deployment yet. */
function isProven(record: ServiceRecord): boolean {
  const { spec } = currentDeployment(record);
  return desiredReplicas(record) > 0 || (spec.schedule === null && spec.scaling === null);
}

/** Exactly the wanted replicas, all of the current deployment and serving, and nothing on its way out. */
export function isComplete(record: ServiceRecord): boolean {
  if (record.target === null) return record.replicas.length === 0;
  const deployment = currentDeployment(record);
  const { replicas } = record;
  if (deployment.run !== record.run) return false;
  return (
    replicas.length === desiredReplicas(record) &&
    replicas.every((replica) => isServing(replica) && replica.deployment === deployment.num)
  );
}

function settle(draft: Draft, deployment: DeploymentRecord, context: Context): Draft {
  const next = withDeployment(draft, { ...deployment, settledAt: toTimestamp(context.now) });
  return {
    ...next,
    notes: [
      ...next.notes,
      {
        event: "record",
        replica: null,
        deployment: deployment.num,
        detail: `deployment ${deployment.num} has settled`,
      },
    ],
  };
}

/** A verdict about the accepted revision stays until another one is accepted; one about a lack ends with the lack. */
function clearVerdict(draft: Draft): Draft {
  const { record } = draft;
  if (record.verdict === null || isFinal(record, record.verdict) || isHeldBack(record)) return draft;
  return { ...draft, record: { ...record, verdict: null } };
}

/** Deployments that something refers to, the newest of the run that serves, and the last that settled. */
export function stillUsed(record: ServiceRecord): readonly DeploymentRecord[] {
  const used = new Set([
    record.current,
    record.target?.deployment,
    record.deployments.findLast(({ run }) => run === record.run)?.num,
    ...record.replicas.map((replica) => replica.deployment),
  ]);
  const settled = record.deployments.filter((deployment) => deployment.settledAt !== null).slice(-keptDeployments);
  return record.deployments.filter((deployment) => used.has(deployment.num) || settled.includes(deployment));
}
