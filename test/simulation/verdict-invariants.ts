import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { isAlive, isQuarantined, isServing } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";
import type { Scene } from "./happening.ts";
import type { Instance } from "./instance.ts";
import { policy } from "./program.ts";

/** What was answered longer ago decides nothing any more: milliseconds. */
const choking = 60_000;

/** What no verdict about a revision may say without a cause, and what follows from one. */
export const verdictInvariants = [
  invariant({
    name: "quarantined-for-a-cause",
    on: "committed",
    check({ before, after }, scene) {
      const num = newlyQuarantined(before, after);
      if (num === null || before === null || after === null) return null;
      const deployment = before.deployments.find((each) => each.num === num);
      if (deployment === undefined) return `deployment ${num} of ${after.name} is quarantined, and nobody accepted it`;
      if (deployment.settledAt !== null) return `deployment ${num} of ${after.name} is quarantined, and had settled`;
      // It said itself that it is ill.
      if (scene.now() - scene.chokedAt() < choking) return null;
      const token = after.verdict?.evidence.token ?? "";
      const since = fromTimestamp(deployment.acceptedAt) - scene.skew;
      // What the edit leaves as it was, and never settled, is judged under its new number, too.
      const isRenumbered = before.deployments.some(
        (each) => each.num < num && each.settledAt === null && each.job === deployment.job,
      );
      const caused = scene.cloud
        .withToken(token)
        .some((instance) => (instance.createdAt >= since || isRenumbered) && turnedBad(instance, scene, before));
      return caused ? null : `deployment ${num} of ${after.name} is quarantined for ${token}, which did nothing wrong`;
    },
  }),
  invariant({
    name: "unhealthy-is-quarantined",
    on: "committed",
    check({ before, after }) {
      const verdict = after?.verdict ?? null;
      if (after === null || verdict?.code !== "unhealthy" || verdict.at === before?.verdict?.at) return null;
      const deployment = after.deployments.find(({ num }) => num === verdict.deployment);
      if (deployment === undefined || isQuarantined(after, deployment)) return null;
      return `deployment ${deployment.num} of ${after.name} is found unhealthy, and is not quarantined`;
    },
  }),
  invariant({
    name: "goes-back-to-the-last-settled",
    on: "committed",
    check({ before, after }) {
      const num = newlyQuarantined(before, after);
      if (num === null || before === null || after === null) return null;
      const settled = before.deployments.filter((each) => each.settledAt !== null && each.num < num).at(-1);
      if (after.current === (settled?.num ?? num)) return null;
      return `${after.name} works towards ${after.current} after ${num}, and ${settled?.num ?? "nothing"} settled last`;
    },
  }),
  invariant({
    name: "given-up-when-it-lacked-for-long",
    on: "committed",
    check({ before, after }, { now, skew }) {
      if (before === null || after === null) return null;
      const given = after.deployments.find(
        ({ num, gaveUpAt }) =>
          gaveUpAt !== undefined && before.deployments.some((each) => each.num === num && each.gaveUpAt === undefined),
      );
      if (given === undefined) return null;
      const early = now() < fromTimestamp(given.acceptedAt) + policy.rollout.startup * 1000 - skew;
      const old = before.replicas.some((replica) => isAlive(replica) && replica.deployment !== given.num);
      const serving = after.replicas.filter(isServing).length;
      const short = !old && serving >= Math.min(before.target?.served ?? 0, desiredReplicas(before));
      return early || short
        ? `deployment ${given.num} of ${after.name} is given up ${early ? "too soon" : "and replaces nothing"}`
        : null;
    },
  }),
  invariant({
    name: "bad-one-serves-until-replaced",
    on: "committed",
    check({ before, after }) {
      const num = newlyQuarantined(before, after);
      const ended = after?.replicas.find(
        ({ token, deployment, termination }) =>
          deployment === num &&
          termination?.reason === "unhealthy" &&
          before?.replicas.some((replica) => replica.token === token && isServing(replica)),
      );
      return ended === undefined ? null : `${ended.token} serves, and is ended before anything takes its place`;
    },
  }),
  invariant({
    name: "accepted-is-tried",
    on: "committed",
    check({ by, before, after }) {
      const target = after?.target ?? null;
      if (after === null || target === null || target.acceptedAt === before?.target?.acceptedAt) return null;
      const deployment = after.deployments.find(({ num }) => num === target.deployment);
      if (deployment === undefined || !isQuarantined(after, deployment)) return null;
      return `${by.command} accepts deployment ${target.deployment} of ${after.name}, which is quarantined already`;
    },
  }),
  invariant({
    name: "quarantine-is-remembered",
    on: "committed",
    check({ by, before, after }) {
      if (before === null || after === null) return null;
      const forgotten = before.quarantined
        .slice(-10)
        .find(
          ({ at, acceptance }) => !after.quarantined.some((each) => each.at === at && each.acceptance === acceptance),
        );
      return forgotten === undefined
        ? null
        : `${by.command} forgets that deployment ${forgotten.deployment} of ${after.name} is quarantined`;
    },
  }),
];

/** Number of the deployment that a write turns down; `null`: none. */
function newlyQuarantined(before: ServiceRecord | null, after: ServiceRecord | null): number | null {
  const known = before?.quarantined ?? [];
  const added = after?.quarantined.find(
    ({ at, acceptance }) => !known.some((each) => each.at === at && each.acceptance === acceptance),
  );
  return added?.deployment ?? null;
}

/** From the end of what keeps a replica from answering to the first answer that tells: a probe's interval, and a pass. */
const heardOf = 2_000;

/** It ended by itself, fell ill, failed requests, or was not seen to be ready in time. */
function turnedBad(instance: Instance, { cloud, now, skew }: Scene, { replicas }: ServiceRecord): boolean {
  if (instance.behaviour === "fails-requests" || instance.behaviour === "slow-requests") return true;
  const told = replicas.some(
    ({ token, unreachableSince }) => token === instance.token && unreachableSince !== undefined,
  );
  const { vanishedAt } = instance;
  if (now() >= vanishedAt && now() < vanishedAt + cloud.backend.visibility + heardOf) return true;
  // Until a listing tells that its host is to blame, nothing else answers for it.
  if (!told && now() >= instance.unreachable.from && now() < instance.unreachable.until + heardOf) return true;
  if (now() >= Math.min(instance.exitedAt, instance.sickAt, instance.terminatedAt)) return true;
  const late = instance.runningAt + policy.rollout.startup * 1000 - skew;
  return now() >= late && instance.readyAt > late;
}
