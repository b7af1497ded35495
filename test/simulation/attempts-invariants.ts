import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { isAlive } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ReplicaRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";

/** What no attempt may do: come before its time, or be given up before it is known to have come to nothing. */
export const attemptInvariants = [
  invariant({
    name: "waits-for-the-next-attempt",
    on: "committed",
    check({ before, after }, { now, skew }) {
      if (after === null || after.target === null) return null;
      const known = new Set((before?.replicas ?? []).map(({ token }) => token));
      const { replicas, current } = after;
      // What still serves of another deployment is exchanged: what is started beside it replaces that.
      if (replicas.some((replica) => isAlive(replica) && replica.deployment !== current)) return null;
      if (!replicas.some(({ token }) => !known.has(token))) return null;
      const alive = replicas.filter(isAlive);
      const waits = ({ num, status, error, deployment }: ReplicaRecord): boolean =>
        deployment === current &&
        error !== null &&
        (status === "failed" || status === "terminating") &&
        fromTimestamp(error.retryAt) > now() + skew &&
        !alive.some((other) => other.num === num && known.has(other.token));
      const waiting = replicas.filter(waits);
      if (waiting.length === 0 || alive.length + waiting.length <= desiredReplicas(after)) return null;
      return `a replica of ${after.name} is started, and the next attempt was to be made at ${waiting[0]?.error?.retryAt}`;
    },
  }),
  invariant({
    name: "given-up-when-no-call-is-under-way",
    on: "committed",
    check({ before, after }, { cloud, underWay }) {
      // Where a repeated call makes no second instance, whatever comes late is ended.
      if (cloud.backend.dedupes) return null;
      const given = (before?.replicas ?? []).find(({ token, status }) => {
        if (status !== "submitted" || !underWay.has(token)) return false;
        const now = after?.replicas.find((replica) => replica.token === token);
        return now === undefined || now.status === "failed";
      });
      return given === undefined ? null : `${given.token} is given up, and a call for it is under way`;
    },
  }),
];
