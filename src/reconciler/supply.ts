import type { Backend, Offer } from "../backends/backend.ts";
import { place } from "../backends/placement.ts";
import { namesOf, resolveValues } from "../config/env.ts";
import { type Job, jobOf } from "../config/job.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { ServiceRecord } from "../state/record.ts";
import { currentDeployment } from "./decide/draft.ts";
import { isLacking } from "./decide/lacking.ts";
import type { Supply } from "./observed.ts";
import type { World } from "./world.ts";

/** Offers are asked for only where a replica may have to be started. */
export async function observeSupply(world: World, record: ServiceRecord, signal: AbortSignal): Promise<Supply | null> {
  if (!isLacking(record)) return null;
  const deployment = currentDeployment(record);
  return supplyFor(world, deployment.spec, jobOf(deployment.spec, deployment.files, deployment.repos), signal);
}

/** What all backends together can give a job now, in the order in which it is to be tried. */
export async function supplyFor(
  world: Pick<World, "backends" | "env">,
  spec: ServiceSpec,
  job: Job,
  signal: AbortSignal,
): Promise<Supply> {
  const asked = [...world.backends.values()].filter((backend) => spec.backends?.includes(backend.name) ?? true);
  const answers = await Promise.all(asked.map((backend) => offersOf(backend, job, signal)));
  const { offers, taken, lack } = place(
    answers.flatMap((answer) => answer.offers),
    spec,
  );
  const { missing } = resolveValues(spec, world.env);
  return { offers, taken, lack, refusal: refusalOf(answers, world, spec), missingEnv: namesOf(missing) };
}

interface Answer {
  readonly offers: readonly Offer[];
  readonly refusal: string | null;
}

/** Why no backend can ever run it; one that could not be asked may. */
function refusalOf(answers: readonly Answer[], world: Pick<World, "backends">, spec: ServiceSpec): string | null {
  if (answers.length === 0 && spec.backends !== null) {
    const configured = [...world.backends.keys()].join(", ");
    return `\`backends: [${spec.backends.join(", ")}]\` names none of the settings' backends (${configured})`;
  }
  const refusals = answers.flatMap((answer) => (answer.refusal === null ? [] : [answer.refusal]));
  return answers.length > 0 && refusals.length === answers.length ? refusals.join("; ") : null;
}

/** A backend that cannot be asked offers nothing now; it has not refused. */
async function offersOf(backend: Backend, job: Job, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = await backend.offers(job, signal);
    const reason = answer.ok ? unmeasured(backend, job) : answer.reason;
    if (answer.ok && reason === null) return { offers: answer.offers, refusal: null };
    return { offers: [], refusal: `${backend.name} cannot run it: ${reason}` };
  } catch {
    return { offers: [], refusal: null };
  }
}

/** Where nothing measures GPUs, idle ones would run for ever though their end was promised. */
function unmeasured({ measuresGpus }: Backend, { utilizationPolicy }: Job): string | null {
  if (utilizationPolicy === null || measuresGpus === true) return null;
  return "`utilization_policy` needs measures of GPUs, and nothing measures any there; leave it out, or use a backend that does";
}
