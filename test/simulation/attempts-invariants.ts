import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { isAlive } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ReplicaRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";

/** Milliseconds; `failure.ts` counts on it. */
const longestCall = 60_000;

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
    name: "called-for-once",
    on: "provisions",
    check: ({ request: { token } }, { cloud, called }) =>
      !cloud.backend.dedupes && called.has(token) ? `${token} is called for twice, and may come twice` : null,
  }),
  invariant({
    name: "given-up-when-it-came-to-nothing",
    on: "committed",
    check({ before, after }, { cloud, now, skew, underWay }) {
      // Where a repeated call makes no second instance, whatever comes late is ended.
      if (cloud.backend.dedupes) return null;
      const given = (before?.replicas ?? []).find(({ token, status, submittedAt, runningAt }) => {
        if (status !== "submitted" && (status !== "terminating" || runningAt !== null)) return false;
        const next = after?.replicas.find((replica) => replica.token === token);
        if (next !== undefined && next.status !== "failed") return false;
        // What a run calls for after it stood still comes when nobody can expect it any more.
        const until = fromTimestamp(submittedAt) + longestCall - skew;
        const isThere = cloud
          .withToken(token)
          .some(
            (each) => each.createdAt < until && now() < Math.min(each.exitedAt, each.vanishedAt, each.terminatedAt),
          );
        return isThere || underWay.has(token);
      });
      return given === undefined ? null : `${given.token} is given up, and is there, or a call for it is under way`;
    },
  }),
];
