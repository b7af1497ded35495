import type { Backend, Offer, Owner } from "../backends/backend.ts";
import { BackendError, FencedError } from "../backends/errors.ts";
import { isOfferOf, place } from "../backends/placement.ts";
import { namesOf, resolveValues } from "../config/env.ts";
import { type Job, jobDigest, jobOf } from "../config/job.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { fromTimestamp } from "../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import type { Action } from "./decide.ts";
import { deploymentOf } from "./decide/draft.ts";
import type { Observed, Outcome } from "./observed.ts";
import type { World } from "./world.ts";

export interface Execution {
  readonly world: World;
  readonly owner: Owner;
  readonly record: ServiceRecord;
  readonly observed: Observed;
  /** Of our lease: backends that can refuse what comes under an older one. */
  readonly fence: number;
  readonly signal: AbortSignal;
}

/**
 * Makes the calls that a committed record announced, side by side. Decides nothing; whatever comes of a call is its
 * outcome. Throws `FencedError` once all have ended where a backend says that our lease is not the latest.
 */
export async function execute(actions: readonly Action[], execution: Execution): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = await Promise.allSettled(
    actions.map(async (action): Promise<readonly [string, Outcome]> => [
      action.replica.token,
      await act(action, execution),
    ]),
  );
  return new Map(
    outcomes.map((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    }),
  );
}

/** Milliseconds. Half of the longest call, so that what is not listed after that time was not called for. */
const announcedFor = 30_000;

async function act(action: Action, execution: Execution): Promise<Outcome> {
  try {
    return action.kind === "provision"
      ? await provision(action.replica, execution)
      : await terminate(action.replica, execution);
  } catch (error) {
    // A stranger to this service by now: no failure of the replica's.
    if (!(error instanceof BackendError) || error instanceof FencedError) throw error;
    // Whether the provider did it cannot be told from these: the next listing tells.
    if (error.code === "unavailable" || error.code === "rate-limited")
      return { kind: "unknown", message: error.message };
    return { kind: "refused", code: error.code, retryable: error.retryable, message: error.message };
  }
}

async function provision(replica: ReplicaRecord, execution: Execution): Promise<Outcome> {
  const { world, owner, record, observed, signal } = execution;
  const deployment = deploymentOf(record, replica.deployment);
  const values = resolveValues(deployment.spec, world.env);
  if (values.missing.length > 0)
    return { kind: "uncalled", message: `no value here for ${namesOf(values.missing).join(", ")}` };
  const backend = backendOf(replica, world);
  // What nobody saw come was given up since then, and another attempt may have taken its place.
  if (!backend.dedupes && world.clock.now() - fromTimestamp(replica.submittedAt) > announcedFor)
    return { kind: "unknown", message: "was announced too long ago to be called for" };
  const job = jobOf(deployment.spec, deployment.files, deployment.repos);
  const listed = observed.supply?.offers.find((each) => isOfferOf(each, replica));
  const offer = listed ?? (await offerOf(replica, { backend, spec: deployment.spec, job }, signal));
  if (offer === null)
    return { kind: "refused", code: "no-capacity", retryable: true, message: "is not offered any more" };
  const instance = await backend.provision(
    {
      token: replica.token,
      owner,
      service: record.name,
      replica: replica.num,
      deployment: replica.deployment,
      job,
      jobDigest: jobDigest(job),
      env: values.env,
      registryAuth: values.registryAuth,
      offer,
      fence: execution.fence,
      readFile: (file) => world.store.readContent(file.content, signal),
    },
    signal,
  );
  return { kind: "provisioned", instance };
}

interface Asking {
  readonly backend: Backend;
  readonly spec: ServiceSpec;
  readonly job: Job;
}

/** The one that was decided on, or none: another may cost more, or be where nobody wanted it. */
async function offerOf(
  replica: ReplicaRecord,
  { backend, spec, job }: Asking,
  signal: AbortSignal,
): Promise<Offer | null> {
  const answer = await backend.offers(job, signal);
  if (!answer.ok) return null;
  return place(answer.offers, spec).offers.find((offer) => isOfferOf(offer, replica)) ?? null;
}

async function terminate(replica: ReplicaRecord, execution: Execution): Promise<Outcome> {
  const { world, owner, observed, fence, signal } = execution;
  const instance = observed.instances.get(replica.token)?.instance ?? replica.instance;
  if (instance !== null) await backendOf(replica, world).terminate(owner, instance, signal, fence);
  return { kind: "terminating" };
}

function backendOf(replica: ReplicaRecord, world: World) {
  const backend = world.backends.get(replica.backend);
  if (backend === undefined)
    throw new BackendError(replica.backend, "unavailable", "is not among the settings' backends");
  return backend;
}
