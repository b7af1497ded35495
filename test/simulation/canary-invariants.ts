import { fromTimestamp } from "../../src/lib/timestamp.ts";
import type { GatewayStatus } from "../../src/proxy-config/publisher.ts";
import { isHeldBack } from "../../src/reconciler/decide/casualties.ts";
import { currentDeployment, isAlive, isOver, isServing } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";

/** What no step of a canary may do. */
export const canaryInvariants = [
  invariant({
    name: "failing-canary-turned-down",
    on: "committed",
    check({ by, before, after }) {
      if (before === null || after === null || by.status === null) return null;
      const { num, canary } = before.deployments.find(({ num: each }) => each === after.current) ?? {};
      const next = after.deployments.find(({ num: each }) => each === num);
      if (num === undefined || canary === undefined || next === undefined) return null;
      if (next.canary !== undefined && next.canary.step <= canary.step) return null;
      return isConvicted(num, { before, after }, by.status)
        ? `deployment ${num} of ${after.name} goes on, and the gateway has said that it fails its requests, or takes long for them`
        : null;
    },
  }),
  invariant({
    name: "canary-watched-for-its-pause",
    on: "committed",
    check({ before, after }, { now, skew, canarySteps }) {
      const was = watched(before, after);
      if (was === null) return null;
      const { canary, record, next } = was;
      const pause = (canarySteps[canary.step]?.pause ?? 0) * 1000;
      const serve = record.replicas.filter((each) => isServing(each) && each.deployment === record.current).length;
      const wanted = Math.min(canary.replicas, desiredReplicas(record));
      if (next.canary?.step === canary.step) {
        const begins = canary.since === null && next.canary.since !== null;
        return begins && serving(after, record.current) < wanted
          ? `a canary of ${record.name} stands that is not there`
          : null;
      }
      const stood = canary.since !== null && now() >= fromTimestamp(canary.since) + pause - skew;
      return stood && serve >= wanted ? null : `step ${canary.step + 1} of the canary of ${record.name} ends too soon`;
    },
  }),
  invariant({
    name: "canary-watched-while-it-is-there",
    on: "committed",
    check({ before, after }) {
      const was = watched(before, after);
      if (was === null || was.canary.since === null || was.next.canary?.since !== was.canary.since) return null;
      const wanted = Math.min(was.canary.replicas, desiredReplicas(was.record));
      return serving(after, was.record.current) < wanted
        ? `a canary of ${was.record.name} is watched on that is not there`
        : null;
    },
  }),
  invariant({
    name: "canary-worse-than-what-it-replaces",
    on: "committed",
    check({ before, after }) {
      const traffic = after?.verdict?.evidence.traffic;
      if (traffic === undefined || after?.verdict?.at === before?.verdict?.at) return null;
      const rate = ({ errors, requests }: typeof traffic.new): number => errors / Math.max(1, requests);
      const isWorse = rate(traffic.new) > rate(traffic.old) + 0.01 || traffic.new.seconds > traffic.old.seconds;
      return isWorse ? null : `a canary of ${after?.name} is turned down, and what it replaces is no better`;
    },
  }),
  invariant({
    name: "canary-no-larger-than-its-step",
    on: "committed",
    check({ before, after }) {
      const was = watched(before, after);
      if (was === null || after === null || was.next.canary === undefined) return null;
      const alive = after.replicas.filter(isAlive);
      const fresh = alive.filter(({ deployment }) => deployment === after.current);
      const known = new Set(was.record.replicas.map(({ token }) => token));
      // What is missing anyway is started besides.
      const most = Math.max(was.next.canary.replicas, desiredReplicas(after) - (alive.length - fresh.length));
      if (fresh.length <= most || fresh.every(({ token }) => known.has(token))) return null;
      return `${fresh.length} new replicas of ${after.name} are asked for, and its canary is to be ${most}`;
    },
  }),
  invariant({
    name: "canary-keeps-what-it-is-compared-with",
    on: "committed",
    check({ before, after }) {
      const was = watched(before, after);
      if (was === null || after === null || was.next.canary === undefined) return null;
      const isOld = (replica: ReplicaRecord): boolean => isServing(replica) && replica.deployment !== after.current;
      const left = was.record.replicas.find(
        (replica) =>
          isOld(replica) &&
          after.replicas.some(
            ({ token, termination }) => token === replica.token && termination?.reason === "replaced",
          ),
      );
      return left === undefined || after.replicas.some(isOld)
        ? null
        : `${left.token} leaves, the last that a canary is compared with`;
    },
  }),
];

/** A canary that was under way, and goes on towards the same revision, with something old that serves. */
function watched(before: ServiceRecord | null, after: ServiceRecord | null) {
  if (before === null || after === null || before.current !== after.current || after.target === null) return null;
  // Turned down with nothing to go back to it stays at its step; and while the brake holds nothing is judged.
  if (isOver(after, currentDeployment(after)) || isHeldBack(after)) return null;
  const record = before;
  const { canary, num } = currentDeployment(record);
  const next = after.deployments.find((each) => each.num === num);
  const old = after.replicas.some((replica) => isServing(replica) && replica.deployment !== num);
  return canary === undefined || next === undefined || !old ? null : { canary, record, next };
}

function serving(record: ServiceRecord | null, num: number): number {
  return (record?.replicas ?? []).filter((each) => isServing(each) && each.deployment === num).length;
}

/** Three times what the policy asks for: what this pass itself was told may be a little older than what its process was told last. */
const enough = 60;

/** Of what served before the pass and serves after it alone. That another revision fails too says nothing about this one. */
function isConvicted(
  deployment: number,
  { before, after }: { readonly before: ServiceRecord; readonly after: ServiceRecord },
  { upstreams = {} }: GatewayStatus,
): boolean {
  const old = before.replicas.filter((replica) => replica.deployment !== deployment);
  if (old.some(({ token }) => (upstreams[token]?.errors ?? 0) > 0)) return false;
  const kept = after.replicas.filter(({ token }) =>
    before.replicas.some((replica) => replica.token === token && isServing(replica)),
  );
  const sum = (isNew: boolean, key: "requests" | "errors"): number =>
    kept
      .filter((replica) => isServing(replica) && (replica.deployment === deployment) === isNew)
      .reduce((total, { token }) => total + (upstreams[token]?.[key] ?? 0), 0);
  const slowest = (isNew: boolean): number =>
    Math.max(
      0,
      ...kept
        .filter((replica) => isServing(replica) && (replica.deployment === deployment) === isNew)
        .map(({ token }) => upstreams[token]?.seconds ?? 0),
    );
  const isKnown = sum(true, "requests") >= enough && sum(false, "requests") >= enough;
  return isKnown && (sum(true, "errors") >= enough / 4 || slowest(true) > 2 * slowest(false));
}
