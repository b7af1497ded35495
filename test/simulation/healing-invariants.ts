import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { currentDeployment, isAlive, isServing } from "../../src/reconciler/decide/draft.ts";
import type { ReplicaError, ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";
import { policy } from "./program.ts";

/** What healing may not do: give up early, and try again sooner, longer or more often than it may. */
export const healingInvariants = [
  invariant({
    name: "given-up-after-its-grace",
    on: "committed",
    check({ before, after }, { now, skew }) {
      const given = (before?.replicas ?? []).find((was) => {
        const is = after?.replicas.find(({ token }) => token === was.token);
        if (!isAlive(was) || is?.status !== "terminating" || is.error?.code !== "unreachable") return false;
        const [silent, begun] = [
          now() - policy.heal.unreachableAfter * 1000,
          now() - policy.rollout.provisioning * 1000,
        ];
        const isSilent = fromTimestamp(was.unreachableSince ?? is.error.at) <= silent + skew;
        return !isSilent && fromTimestamp(was.submittedAt) > begun + skew;
      });
      return given === undefined ? null : `${given.token} is given up before its grace is over`;
    },
  }),
  invariant({
    name: "backs-off",
    on: "committed",
    check({ before, after }, { now, skew }) {
      if (before === null || after === null) return null;
      const wrong = after.replicas.find((replica) => {
        const was = before.replicas.find(({ token }) => token === replica.token);
        const { error, failures } = replica;
        if (was === undefined || error === null || was.error !== null) return false;
        const stable = isServing(was) && now() - fromTimestamp(was.readyAt ?? error.at) >= stableAfter - skew;
        if (!stable && failures <= was.failures) return true;
        return fromTimestamp(error.retryAt) - fromTimestamp(error.at) < delayOf(error.code, failures) * 1000;
      });
      return wrong === undefined
        ? null
        : `${wrong.token} has failed for the ${wrong.failures}. time, and is tried again at ${wrong.error?.retryAt}`;
    },
  }),
  invariant({
    name: "failures-are-counted-on",
    on: "committed",
    check({ before, after }) {
      // Going back begins anew.
      if (after === null || after.target?.deployment !== after.current) return null;
      // What is exchanged is not missed, so that its failures hold nothing back.
      if (before?.replicas.some((replica) => isAlive(replica) && replica.deployment !== after.current)) return null;
      // With a place that becomes free, nothing has to wait any more for one.
      const wrong = attempts(before, after).find(
        ({ failed, next }) => failed.error?.code !== "no-capacity" && next.failures < failed.failures,
      );
      return wrong === undefined
        ? null
        : `${wrong.next.token} follows ${wrong.failed.token}, and its failures are forgotten`;
    },
  }),
  invariant({
    name: "tried-again-as-its-service-says",
    on: "committed",
    check({ before, after }, { now, skew }) {
      // Going back begins anew.
      if (after === null || after.target?.deployment !== after.current) return null;
      const { retry } = currentDeployment(after).spec;
      if (retry === null || retry === false) return null;
      const wrong = attempts(before, after).find(({ failed: { error, failingSince } }) => {
        if (error === null) return false;
        const lasts = now() - fromTimestamp(failingSince ?? error.at) - skew;
        return !retry.on_events.some((event) => eventsOf(error).includes(event)) || lasts > retry.duration * 1000;
      });
      return wrong === undefined ? null : `${wrong.next.token} follows ${wrong.failed.token}, which \`retry\` gives up`;
    },
  }),
];

/** How long a replica must have served for its end to count as the first again; `failure.ts` counts on it. */
const stableAfter = 60_000;

/** Seconds before the next attempt, by failures in a row (facts §5.3). */
const delays = [0, 15, 30, 60, 120, 300, 600];

function delayOf(code: ReplicaError["code"], failures: number): number {
  return delays[Math.min(Math.max(code === "no-capacity" ? failures : failures - 1, 0), delays.length - 1)] ?? 0;
}

function eventsOf({ code }: ReplicaError): readonly string[] {
  if (code === "no-capacity") return ["no-capacity"];
  if (code === "interrupted") return ["interruption"];
  return code === "unreachable" ? ["error", "interruption"] : ["error"];
}

interface Attempt {
  readonly failed: ReplicaRecord;
  readonly next: ReplicaRecord;
}

/** What this write announces in the place of what failed. */
function attempts(before: ServiceRecord | null, after: ServiceRecord | null): readonly Attempt[] {
  const known = new Set((before?.replicas ?? []).map(({ token }) => token));
  const announced = (after?.replicas ?? []).filter(
    ({ token, deployment }) => !known.has(token) && deployment === after?.current,
  );
  return announced.flatMap((next) => {
    const same = (before?.replicas ?? []).filter(
      ({ num, deployment }) => num === next.num && deployment === next.deployment,
    );
    const failed = same.findLast(
      ({ status, error }) => error !== null && (status === "failed" || status === "terminating"),
    );
    return failed === undefined || same.some(isAlive) ? [] : [{ failed, next }];
  });
}
