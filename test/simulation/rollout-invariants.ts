import { currentDeployment, deploymentOf, isServing } from "../../src/reconciler/decide/draft.ts";
import { bakeSeconds } from "../../src/reconciler/decide/rollout.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";
import type { Actor, Scene } from "./happening.ts";
import type { Instance } from "./instance.ts";
import { policy } from "./program.ts";

/** Milliseconds that listing, asking gateways and probes take, in a world where none of it is slow. */
const longestLook = 200;

/** What no write of a rollout may do to what serves, whatever it was told. */
export const rolloutInvariants = [
  invariant({
    name: "ready-after-so-many-probes",
    on: "committed",
    check({ before, after }, scene) {
      if (after === null) return null;
      const wrong = after.replicas.find((replica) => {
        if (replica.readyAt === null || wasReady(before, replica)) return false;
        const { probes } = deploymentOf(after, replica.deployment).spec;
        const repeats = Math.max(1, ...probes.map((probe) => probe.ready_after)) - 1;
        return !instancesOf(replica, scene).some(({ readyAt }) => readyAt + repeats * 900 <= scene.now());
      });
      return wrong === undefined ? null : `${wrong.token} is recorded as ready, and cannot have been probed so often`;
    },
  }),
  invariant({
    name: "baked-as-long-as-it-takes",
    on: "committed",
    check({ by, before, after }, scene) {
      if (after === null || before?.current !== after.current) return null;
      const deployment = currentDeployment(after);
      if (deployment.bakedAt === null || currentDeployment(before).bakedAt !== null) return null;
      // What a look finds is recorded as of its beginning.
      const ms = bakeSeconds(deployment, { policy }) * 1000 - scene.skew - longestLook;
      const baked = after.replicas.some(
        (replica) =>
          replica.readyAt !== null &&
          replica.deployment === after.current &&
          mayBeWell(replica, by) &&
          instancesOf(replica, scene).some((each) => each.readyAt + ms <= scene.now()),
      );
      return baked
        ? null
        : `deployment ${deployment.num} of ${after.name} counts as baked, and nothing of it kept well`;
    },
  }),
  invariant({
    name: "old-ones-leave-after-the-bake",
    on: "committed",
    check({ before, after }) {
      if (before === null || after === null || !mayJudge(after)) return null;
      const left = leaving(before, after, ["replaced", "superseded"]);
      const [first] = left.filter(({ deployment }) => deployment !== after.current);
      if (first === undefined || currentDeployment(after).bakedAt !== null || desiredReplicas(after) === 0) return null;
      return `${first.token} leaves for deployment ${after.current}, of which nothing has been baked`;
    },
  }),
  invariant({
    name: "takes-over-when-complete",
    on: "committed",
    check({ by, before, after }) {
      if (before === null || after === null || before.run === after.run || !mayJudge(after)) return null;
      const well = servingOf(after).filter((replica) => mayBeWell(replica, by));
      if (well.length >= desiredReplicas(after)) return null;
      return `run ${after.run} of ${after.name} takes over with ${well.length} of ${desiredReplicas(after)} replicas`;
    },
  }),
  invariant({
    name: "takes-over-when-baked",
    on: "committed",
    check({ before, after }) {
      if (before === null || after === null || before.run === after.run || after.target === null) return null;
      const { num, run, bakedAt } = currentDeployment(after);
      if (bakedAt !== null || desiredReplicas(after) === 0) return null;
      const old = after.replicas.find(
        (replica) => isServing(replica) && deploymentOf(after, replica.deployment).run !== run,
      );
      return old === undefined ? null : `deployment ${num} of ${after.name} takes over from ${old.token} unbaked`;
    },
  }),
  invariant({
    name: "what-is-well-stays",
    on: "committed",
    check({ by, before, after }) {
      if (before === null || after === null || !mayJudge(after)) return null;
      const left = leaving(before, after, ["replaced", "scaled-down", "superseded"]).find((replica) =>
        isWell(replica, by),
      );
      if (left === undefined) return null;
      const well = servingOf(after).filter((replica) => mayBeWell(replica, by));
      if (well.length >= desiredReplicas(after)) return null;
      return `${left.token} leaves, which serves well, for ${well.length} that do; ${desiredReplicas(after)} are wanted`;
    },
  }),
  invariant({
    name: "looked-at-before-it-leaves",
    on: "committed",
    check({ by, before, after }) {
      if (before === null || after === null || !mayJudge(after)) return null;
      const left = leaving(before, after, ["replaced", "scaled-down"]);
      const ofOld = left.some(({ deployment }) => deployment !== after.current);
      if (left.length === 0) return null;
      const unseen = servingOf(after).find(
        (replica) => (ofOld || replica.deployment === after.current) && !by.probed.has(replica.token),
      );
      return unseen === undefined
        ? null
        : `${left[0]?.token} leaves, and ${by.nonce} has not looked at ${unseen.token}, which is to serve on`;
    },
  }),
  invariant({
    name: "settles-when-it-serves",
    on: "committed",
    check({ before, after }, scene) {
      if (after === null || after.target === null) return null;
      const deployment = currentDeployment(after);
      const was = before?.deployments.find(({ num }) => num === deployment.num);
      if (deployment.settledAt === null || was === undefined || was.settledAt !== null) return null;
      const { schedule, scaling } = deployment.spec;
      if (desiredReplicas(after) === 0 && (schedule !== null || scaling !== null))
        return `deployment ${deployment.num} of ${after.name} settles, and nothing of it was wanted yet`;
      const ready = servingOf(after).filter((replica) =>
        instancesOf(replica, scene).some(({ readyAt }) => readyAt <= scene.now()),
      ).length;
      if (ready >= desiredReplicas(after)) return null;
      return `deployment ${deployment.num} of ${after.name} settles with ${ready} of ${desiredReplicas(after)} replicas`;
    },
  }),
  invariant({
    name: "renumbered-as-it-was",
    on: "committed",
    check({ before, after }) {
      if (before === null || after === null) return null;
      const wrong = after.replicas.find((replica) => {
        const was = before.replicas.find(({ token }) => token === replica.token);
        if (was === undefined || was.deployment === replica.deployment) return false;
        const [theirs, ours] = [deploymentOf(before, was.deployment), deploymentOf(after, replica.deployment)];
        return theirs.run !== ours.run || theirs.restarts !== ours.restarts || theirs.job !== ours.job;
      });
      return wrong === undefined
        ? null
        : `${wrong.token} counts to deployment ${wrong.deployment}, which runs otherwise`;
    },
  }),
];

/** A service that is to go has no floor, and neither has one whose plan said that old ones leave first. */
function mayJudge({ target }: ServiceRecord): boolean {
  return target !== null && target.strategy !== "stop-first";
}

function wasReady(before: ServiceRecord | null, { token }: ReplicaRecord): boolean {
  return before?.replicas.some((replica) => replica.token === token && replica.readyAt !== null) ?? false;
}

function instancesOf({ token }: ReplicaRecord, { cloud }: Scene): readonly Instance[] {
  return cloud.withToken(token);
}

/** A probe's interval, and a little: what was answered longer before a look was known at the look. */
const known = 1_500;

/** Every probe of it may have been answered well when this process looked last. */
export function mayBeWell({ token }: ReplicaRecord, { probed, lookedAt }: Actor): boolean {
  const answers = [...(probed.get(token)?.values() ?? [])];
  return answers.length > 0 && answers.every(({ wellAt, illAt }) => wellAt > illAt || wellAt >= lookedAt - known);
}

/** Every probe of it was answered well when this process looked last, and since. */
export function isWell({ token }: ReplicaRecord, { probed, lookedAt }: Actor): boolean {
  const answers = [...(probed.get(token)?.values() ?? [])];
  return answers.length > 0 && answers.every(({ wellAt, illAt }) => wellAt > illAt && illAt < lookedAt - known);
}

/** Replicas that a record routes to. */
export function servingOf(record: ServiceRecord): readonly ReplicaRecord[] {
  return record.replicas.filter(
    (replica) => isServing(replica) && deploymentOf(record, replica.deployment).run === record.run,
  );
}

/** Replicas that were routed to, and that this write lets go for one of these reasons. */
export function leaving(
  before: ServiceRecord,
  after: ServiceRecord,
  reasons: readonly string[],
): readonly ReplicaRecord[] {
  return after.replicas.filter(({ token, termination }) => {
    const was = before.replicas.find((replica) => replica.token === token);
    if (was === undefined || termination === null || !reasons.includes(termination.reason)) return false;
    return isServing(was) && deploymentOf(before, was.deployment).run === before.run;
  });
}
