import type { Backend, Offer } from "../backends/backend.ts";
import { type Job, jobOf } from "../config/job.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { ServiceRecord } from "../state/record.ts";
import { currentDeployment, isAlive } from "./decide/draft.ts";
import { desiredReplicas } from "./decide/scale.ts";
import type { Supply } from "./observed.ts";
import { envOf } from "./replica-env.ts";
import type { World } from "./world.ts";

/** Offers are asked for only where a replica may have to be started. */
export async function observeSupply(world: World, record: ServiceRecord, signal: AbortSignal): Promise<Supply | null> {
  if (record.target === null) return null;
  const deployment = currentDeployment(record);
  const there = record.replicas.filter((replica) => isAlive(replica) && replica.deployment === deployment.num).length;
  if (there >= desiredReplicas(record)) return null;
  return supplyFor(world, deployment.spec, jobOf(deployment.spec, deployment.files, deployment.repos), signal);
}

/** What all backends together can give a job now, cheapest first. */
export async function supplyFor(world: World, spec: ServiceSpec, job: Job, signal: AbortSignal): Promise<Supply> {
  const answers = await Promise.all([...world.backends.values()].map((backend) => offersOf(backend, job, signal)));
  const offers = answers.flatMap((answer) => answer.offers).sort(byPrice);
  const refusals = answers.flatMap((answer) => (answer.refusal === null ? [] : [answer.refusal]));
  const refusal = answers.length > 0 && refusals.length === answers.length ? refusals.join("; ") : null;
  return { offers, refusal, missingEnv: envOf(spec, world.env).missing };
}

/** A backend that cannot be asked offers nothing now; it has not refused. */
async function offersOf(
  backend: Backend,
  job: Parameters<Backend["offers"]>[0],
  signal: AbortSignal,
): Promise<{ offers: readonly Offer[]; refusal: string | null }> {
  try {
    const answer = await backend.offers(job, signal);
    if (answer.ok) return { offers: answer.offers.filter(isAvailable), refusal: null };
    return { offers: [], refusal: `${backend.name} cannot run it: ${answer.reason}` };
  } catch {
    return { offers: [], refusal: null };
  }
}

function isAvailable(offer: Offer): boolean {
  return offer.availability === "available" || offer.availability === "unknown" || offer.availability === "idle";
}

function byPrice(a: Offer, b: Offer): number {
  return a.price - b.price;
}
