import type { ObservedInstance, ProvisionRequest } from "../../src/backends/backend.ts";
import { price } from "./budget.ts";
import { drawGpus, measured } from "./gpus.ts";
import type { Gpu } from "./gpus.ts";
import { between } from "./random.ts";
import type { Random } from "./random.ts";

/** How a revision of the simulated program behaves; the value of its `BEHAVIOUR`. */
export const behaviours = [
  "healthy",
  "slow",
  "flaps",
  "fails-requests",
  "slow-requests",
  "crashes-at-start",
  "crashes-later",
  "never-ready",
  "sickens",
] as const;
export type Behaviour = (typeof behaviours)[number];

/** Whether replicas of such a revision come up and stay; that one fails requests or takes long for them, no probe shows. */
export function isGood(behaviour: string | null | undefined): boolean {
  return ["healthy", "slow", "flaps", "fails-requests", "slow-requests"].some((good) => good === behaviour);
}

/** An instance that really exists in the simulated world, whoever knows of it. */
export interface Instance {
  readonly id: string;
  readonly token: string;
  readonly service: string;
  readonly replica: number;
  readonly deployment: number;
  readonly behaviour: Behaviour;
  /** Its tags; empty: it has none. */
  readonly repository: string;
  readonly stateId: string;
  readonly project: string;
  /** `null`: it does not tell which job it runs. */
  readonly job: string | null;
  readonly createdAt: number;
  readonly runningAt: number;
  readonly readyAt: number;
  /** When it begins to fail its probes though it was ready. */
  readonly sickAt: number;
  /** `null`: nobody wants to know how they are used. */
  readonly gpus: readonly Gpu[] | null;
  exitedAt: number;
  /** Gone without having been asked to. */
  vanishedAt: number;
  /** Taken back by its provider, which is also its termination. */
  preemptedAt: number;
  /** Its host does not answer from then on until then. */
  unreachable: { readonly from: number; readonly until: number };
  terminatedAt: number;
}

/** It is always in reach. */
export const never = { from: Infinity, until: Infinity } as const;

/** From the call that ends it to its end. */
export const terminationMs = 800;

/** What an instance is made of: `use` decides about its GPUs alone, of which services of some names leave most idle. */
export interface Draws {
  readonly random: Random;
  readonly use: Random;
  readonly leaning: number;
}

export function instanceOf(request: ProvisionRequest, id: string, now: number, draws: Draws): Instance {
  const { random, use, leaning } = draws;
  const behaviour = behaviours.find((known) => known === request.env["BEHAVIOUR"]) ?? "healthy";
  const runningAt = now + between(random, 100, 2_000);
  // Without probes nothing more than listening was asked of it, and nothing after that is noticed.
  const probed = request.job.probes.length > 0;
  const becomes = behaviour !== "never-ready" && behaviour !== "crashes-at-start";
  const startMs = behaviour === "slow" ? between(random, 8_000, 20_000) : between(random, 200, 2_000);
  const readyAt = probed ? (becomes ? runningAt + startMs : Infinity) : runningAt;
  return {
    ...pickTags(request),
    id,
    token: request.token,
    service: request.service,
    replica: request.replica,
    deployment: request.deployment,
    behaviour,
    createdAt: now,
    runningAt,
    readyAt,
    sickAt: behaviour === "sickens" && probed ? readyAt + between(random, 500, 3_000) : Infinity,
    gpus: request.job.utilizationPolicy === null ? null : drawGpus(use, runningAt, leaning),
    exitedAt:
      behaviour === "crashes-at-start"
        ? runningAt + between(random, 50, 1_500)
        : behaviour === "crashes-later"
          ? readyAt + between(random, 1_000, 20_000)
          : Infinity,
    vanishedAt: Infinity,
    preemptedAt: Infinity,
    unreachable: never,
    terminatedAt: Infinity,
  };
}

function pickTags({
  owner: { repository, stateId, project },
  jobDigest,
}: ProvisionRequest): Pick<Instance, "repository" | "stateId" | "project" | "job"> {
  return { repository, stateId, project, job: jobDigest ?? null };
}

/** Whether it exists: somebody pays for it. */
export function exists(instance: Instance, now: number): boolean {
  return now >= instance.createdAt && now < instance.vanishedAt && now < instance.terminatedAt + terminationMs;
}

/** When it stops to take requests well. */
export function wellUntil(instance: Instance): number {
  return Math.min(instance.sickAt, instance.exitedAt, instance.vanishedAt, instance.terminatedAt);
}

export function isWell(instance: Instance, now: number): boolean {
  return now >= instance.readyAt && now < wellUntil(instance) && !isUnreachable(instance, now);
}

export function isUnreachable({ unreachable: { from, until } }: Pick<Instance, "unreachable">, now: number): boolean {
  return now >= from && now < until;
}

/** What its provider says of it, as of a moment that may be over. */
export function observedAt(instance: Instance, now: number): ObservedInstance {
  const exited = now >= instance.exitedAt && !isUnreachable(instance, now);
  const running = now >= instance.runningAt;
  return {
    token: instance.token,
    instance: instance.id,
    stateId: instance.stateId,
    project: instance.project,
    ...(instance.job === null ? {} : { job: instance.job }),
    service: instance.service,
    replica: instance.replica,
    deployment: instance.deployment,
    region: "r1",
    price,
    status: statusAt(instance, now),
    address: running ? { kind: "tcp", host: instance.id, port: 8000 } : null,
    exitCode: exited ? 1 : null,
    startedAt: running ? instance.runningAt : null,
    ...(instance.gpus === null || isUnreachable(instance, now)
      ? {}
      : { gpus: instance.gpus.map((gpu) => measured(gpu, instance.runningAt, now)) }),
    ...(now >= instance.preemptedAt ? { interrupted: true } : {}),
  };
}

function statusAt(instance: Instance, now: number): ObservedInstance["status"] {
  if (now >= instance.terminatedAt) return "terminating";
  if (now < instance.runningAt) return "provisioning";
  if (isUnreachable(instance, now)) return "unreachable";
  return now >= instance.exitedAt ? "exited" : "running";
}
