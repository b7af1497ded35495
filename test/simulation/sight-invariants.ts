import { currentDeployment, isAlive, isServing } from "../../src/reconciler/decide/draft.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";
import { exists, isWell, wellUntil } from "./instance.ts";
import type { Instance } from "./instance.ts";

/** A probe and a listing take their time: milliseconds. */
const slack = 2_000;

/** An outage that ended as long ago as this is no reason any more: milliseconds. */
const recent = 60_000;

/** Whoever asked it had an answer, now and for a while. */
function hasAnswered(instance: Instance, now: number): boolean {
  const { from, until } = instance.unreachable;
  return isWell(instance, now) && !(now >= from && now < until + recent);
}

function newlyUnlisted(before: ServiceRecord | null, after: ServiceRecord | null): readonly ReplicaRecord[] {
  return (after?.replicas ?? []).filter(({ token, unlistedSince }) => {
    const was = before?.replicas.find((replica) => replica.token === token);
    return unlistedSince !== undefined && was?.unlistedSince === undefined;
  });
}

/** What nobody may conclude without having looked. */
export const sightInvariants = [
  invariant({
    name: "blind-gives-nothing-up",
    on: "committed",
    check({ by, before, after }) {
      if (by.looked || before === null) return null;
      const given = before.replicas.find((replica) => {
        if (!isAlive(replica) || replica.status === "submitted") return false;
        const next = after?.replicas.find(({ token }) => token === replica.token);
        return next === undefined || !isAlive(next);
      });
      return given === undefined ? null : `${by.nonce} gives ${given.token} up, and has seen no listing`;
    },
  }),
  invariant({
    name: "blind-ends-nothing",
    on: "terminates",
    check: ({ by, instance }) => (by.looked ? null : `${by.nonce} ends ${instance.token}, and has seen no listing`),
  }),
  invariant({
    name: "what-answers-is-kept",
    on: "committed",
    check({ before, after }, { cloud, now, chokedAt }) {
      if (before === null || after === null || now() - chokedAt() < recent) return null;
      const given = before.replicas.find((replica) => {
        if (!isServing(replica) || replica.unreachableSince !== undefined) return false;
        const next = after.replicas.find(({ token }) => token === replica.token);
        const isLost = next === undefined || next.error?.code === "unreachable";
        return isLost && cloud.withToken(replica.token).some((instance) => hasAnswered(instance, now()));
      });
      return given === undefined ? null : `${given.token} is given up, and has answered all the time`;
    },
  }),
  invariant({
    name: "ended-was-asked",
    on: "committed",
    check({ before, after }, { cloud, asked, now }) {
      const believed = (before?.replicas ?? []).find(({ token, status, instance }) => {
        if (status !== "terminating" || instance === null) return false;
        const next = after?.replicas.find((replica) => replica.token === token);
        if (next !== undefined && next.status !== "failed") return false;
        return cloud.withToken(token).some((each) => exists(each, now()) && !asked.has(each.id));
      });
      return believed === undefined ? null : `${believed.token} is taken for ended, and was never asked to`;
    },
  }),
  invariant({
    name: "kept-for-its-answers",
    on: "committed",
    check({ by, before, after }, { cloud }) {
      const kept = newlyUnlisted(before, after).find(({ token }) =>
        cloud.withToken(token).every((instance) => wellUntil(instance) < by.lookedAt - slack),
      );
      return kept === undefined ? null : `${kept.token} is kept as if it answered, and cannot have for long`;
    },
  }),
  invariant({
    name: "unlisted-was-looked-for",
    on: "committed",
    check({ by, before, after }, { cloud, now }) {
      if (cloud.liedAt() >= by.startedAt) return null;
      const there = newlyUnlisted(before, after).find(({ token }) =>
        cloud.withToken(token).some((instance) => exists(instance, now())),
      );
      return there === undefined ? null : `${there.token} is said not to be listed, and every listing showed it`;
    },
  }),
  invariant({
    name: "scaled-down-by-a-count",
    on: "committed",
    check({ by, before, after }, { skew }) {
      if (before === null || after === null || before.target?.acceptedAt !== after.target?.acceptedAt) return null;
      if (before.current !== after.current || before.scaled === null || after.scaled === null) return null;
      if (after.scaled.count >= before.scaled.count) return null;
      const exchanged = before.replicas.find(
        (replica) =>
          isAlive(replica) &&
          replica.deployment !== after.current &&
          after.replicas.some(
            (other) => other.token === replica.token && isAlive(other) && other.deployment !== after.current,
          ),
      );
      if (exchanged !== undefined) return `${after.name} scales down while ${exchanged.token} is exchanged`;
      const window = (currentDeployment(after).spec.scaling?.window ?? 0) * 1000;
      if (by.heard !== null && by.heard.at - by.heard.countedSince >= window - skew) return null;
      return `${after.name} scales down from ${before.scaled.count} to ${after.scaled.count}, and nobody counted for long`;
    },
  }),
];
