import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { currentDeployment, deploymentOf, isAlive, isServing } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";
import { isWell, leaving, mayBeWell, servingOf } from "./rollout-invariants.ts";
import { hold } from "./scenario-policy.ts";

/** What exchanging without room, and keeping the old run for a while, may not do. */
export const strategyInvariants = [
  invariant({
    name: "stop-first-keeps-its-floor",
    on: "committed",
    check({ by, before, after }) {
      const left = stoppedFirst(before, after).filter((replica) => isWell(replica, by));
      if (after === null || after.target === null || left.length === 0) return null;
      const floor = Math.min(after.target.floor, desiredReplicas(after));
      const well = servingOf(after).filter((replica) => mayBeWell(replica, by));
      return well.length >= floor ? null : `${left[0]?.token} leaves for ${well.length} that serve well, of ${floor}`;
    },
  }),
  invariant({
    name: "stop-first-looks-first",
    on: "committed",
    check({ by, before, after }) {
      const [left] = stoppedFirst(before, after);
      if (after === null || left === undefined) return null;
      const unseen = servingOf(after).find(({ token }) => !by.probed.has(token));
      return unseen === undefined ? null : `${left.token} leaves, and ${by.nonce} has not looked at ${unseen.token}`;
    },
  }),
  invariant({
    name: "stop-first-bakes-its-first",
    on: "committed",
    check({ before, after }) {
      const [left] = stoppedFirst(before, after);
      if (before === null || after === null || left === undefined || currentDeployment(after).bakedAt !== null)
        return null;
      const fresh = before.replicas.find((replica) => isServing(replica) && replica.deployment === after.current);
      return fresh === undefined ? null : `${left.token} leaves, and ${fresh.token} has not been baked`;
    },
  }),
  invariant({
    name: "stops-first-where-nothing-can-be-had",
    on: "committed",
    check({ before, after }, { cloud, hourly, lacked }) {
      const [left] = stoppedFirst(before, after);
      // Nor may there be money for another one.
      if (hourly !== null) return null;
      if (before === null || after === null || left === undefined || cloud.room() < Infinity || lacked()) return null;
      // One that takes its place serves.
      if (servingOf(after).length >= desiredReplicas(after)) return null;
      return `${left.token} leaves before its successor comes, and another place could be had`;
    },
  }),
  invariant({
    name: "stands-by-for-its-hold",
    on: "committed",
    check({ before, after }, { now, skew }) {
      if (before === null || after === null || before.current !== after.current) return null;
      if (after.target?.strategy !== "blue-green" || after.target.deployment !== after.current) return null;
      // The write that takes over lets nothing go.
      const { tookOverAt, run } = currentDeployment(after);
      if (tookOverAt === undefined || now() >= fromTimestamp(tookOverAt) + hold * 1000 - skew) return null;
      const left = before.replicas.find(
        (was) =>
          isServing(was) &&
          deploymentOf(before, was.deployment).run !== run &&
          after.replicas.some(({ token, termination }) => token === was.token && termination?.reason === "superseded"),
      );
      return left === undefined
        ? null
        : `${left.token} leaves, which was to stand by until ${hold} s after ${tookOverAt}`;
    },
  }),
];

/** Routed replicas that a write lets go for their successors, where the plan said that they leave first. */
function stoppedFirst(before: ServiceRecord | null, after: ServiceRecord | null): readonly ReplicaRecord[] {
  if (before === null || after === null || before.current !== after.current || before.run !== after.run) return [];
  if (after.target?.strategy !== "stop-first" || !before.replicas.some(isAlive)) return [];
  return leaving(before, after, ["replaced"]).filter(({ deployment }) => deployment !== after.current);
}
