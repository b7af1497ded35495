import { isSameJson } from "../../src/lib/same.ts";
import { isHeldBack } from "../../src/reconciler/decide/casualties.ts";
import { isAlive, isOver, isQuarantined } from "../../src/reconciler/decide/draft.ts";
import { isComplete } from "../../src/reconciler/decide/finish.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { DeploymentRecord, ServiceRecord } from "../../src/state/record.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { price } from "./budget.ts";
import { isIdleForGood } from "./gpus.ts";
import { behaviours, isGood } from "./instance.ts";
import type { Instance } from "./instance.ts";
import type { Broken } from "./invariants.ts";
import type { Stage } from "./stage.ts";

/** What is not as it should be, once nothing has gone wrong for a while; `null`: nothing. */
export async function unsettled(stage: Stage): Promise<Broken | null> {
  const state = await stage.state();
  const existing = stage.cloud.ours();
  const leaked = existing.find((instance) => !isRecorded(instance, state));
  if (leaked !== undefined)
    return { invariant: "nothing-leaked", what: `${leaked.token} runs, and no record keeps it` };
  for (const [name, { record, lease }] of state.services) {
    if (record === null) continue;
    const what = wrongWith(record, existing, stage);
    if (what !== null) return { invariant: "converged", what: `${name}: ${what}` };
    if (isIdleAtRest(record, existing, stage))
      return { invariant: "idle-is-ended", what: `${name} has GPUs that nobody uses, and runs on` };
    if (lease !== null && isSteady(record))
      return { invariant: "leases-given-back", what: `${name} is held by ${lease.owner.run}` };
  }
  return null;
}

function isRecorded({ service, token, stateId }: Instance, state: Snapshot): boolean {
  const replicas = state.services.get(service)?.record?.replicas ?? [];
  return (
    stateId === state.stateId && replicas.some((replica) => replica.token === token && replica.status !== "failed")
  );
}

function wrongWith(record: ServiceRecord, existing: readonly Instance[], stage: Stage): string | null {
  if (record.target === null) return "its accepted removal was not carried out";
  if (record.paused !== null) return null;
  const missing = record.replicas.find(
    (replica) => replica.readyAt !== null && isAlive(replica) && !existing.some(({ token }) => token === replica.token),
  );
  // What the brake holds back stays recorded for an hour, whoever looks meanwhile.
  if (missing !== undefined && !isHeldBack(record) && isGood(behaviourOf(currentOf(record))))
    return `${missing.token} is recorded as ready, and does not exist`;
  const target = record.deployments.find(({ num }) => num === record.target?.deployment);
  const rejected = target !== undefined && isOver(record, target);
  if (record.current !== record.target.deployment && !rejected)
    return `works towards ${record.current}, and ${record.target.deployment} was accepted`;
  // What never comes up or never stays is tried again for ever, or was given up.
  if (!isGood(behaviourOf(currentOf(record))) || isComplete(record)) return null;
  if (isQuarantined(record, currentOf(record))) return null;
  if (waits(record, stage) || isHeldBack(record)) return null;
  const replicas = record.replicas.map(({ num, deployment, status }) => `${num} of ${deployment} ${status}`);
  return `deployment ${record.current} did not settle: ${replicas.join(", ")}; ${record.verdict?.message ?? "no verdict"}`;
}

/** It is to be ended once it idles, and each of its replicas has a GPU that nobody will use any more. */
function isIdleAtRest(record: ServiceRecord, existing: readonly Instance[], { clock }: Stage): boolean {
  const { utilization_policy: policy, schedule, max_duration: length } = currentOf(record).spec;
  if (record.paused !== null || !isSteady(record) || policy === null) return false;
  // Windows may be too short for anything to idle in.
  if (schedule !== null || typeof length === "number") return false;
  const tokens = record.replicas.map(({ token }) => token);
  const instances = existing.filter(({ token }) => tokens.includes(token));
  return (
    instances.length > 0 && instances.every(({ gpus }) => gpus?.some((gpu) => isIdleForGood(gpu, clock.now())) === true)
  );
}

/** Everything that it wants is there, and stays as long as nothing goes wrong. */
export function isSteady(record: ServiceRecord): boolean {
  return record.target !== null && isComplete(record) && isGood(behaviourOf(currentOf(record)));
}

/** What a pass changed of services that were steady before it, and that time does not change either. */
export function restless(before: Snapshot, after: Snapshot): Broken | null {
  for (const [name, { record }] of before.services) {
    if (record === null || !isSteady(record)) continue;
    const next = after.services.get(name)?.record ?? null;
    if (isSameJson(record, next)) continue;
    const [window, scaled] = [next?.window ?? null, next?.scaled ?? null];
    if (!isSameJson(record.window, window) || !isSameJson(record.scaled, scaled)) continue;
    const changed = Object.entries(record).filter(([key, value]) => !isSameJson(value, Reflect.get(next ?? {}, key)));
    const what = changed.map(([key, value]) => `${key} was ${JSON.stringify(value)}`).join(", ");
    return { invariant: "second-pass-does-nothing", what: `a pass over ${name}, which had settled: ${what}` };
  }
  return null;
}

/** It has to wait until somebody else leaves, or for money. Going back says why it goes back instead. */
function waits(record: ServiceRecord, { cloud, scenario: { hourly } }: Stage): boolean {
  const code = record.current === record.target?.deployment ? record.verdict?.code : null;
  if (cloud.room() === 0 && (code === null || code === "no-capacity")) return true;
  // A run that takes over as a whole is started whole.
  const wanted = Math.max(1, currentOf(record).run === record.run ? 1 : desiredReplicas(record));
  const short = hourly !== null && (cloud.ours().length + wanted) * price > hourly;
  return short && (code === null || code === "over-budget");
}

function currentOf(record: ServiceRecord): DeploymentRecord {
  const found = record.deployments.find(({ num }) => num === record.current);
  if (found === undefined) throw new Error(`record of ${record.name} has no deployment ${record.current}`);
  return found;
}

function behaviourOf({ spec }: DeploymentRecord): (typeof behaviours)[number] | undefined {
  return behaviours.find((known) => known === spec.env["BEHAVIOUR"]);
}
