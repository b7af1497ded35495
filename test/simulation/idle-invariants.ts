import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { isAlive } from "../../src/reconciler/decide/draft.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { isStranger } from "./cloud.ts";
import { idleLimit, wasIdle } from "./gpus.ts";
import { invariant } from "./happening.ts";
import type { Actor, Scene } from "./happening.ts";
import type { Instance } from "./instance.ts";

/** What must be so where a service is ended because nobody uses its GPUs. */
export const idleInvariants = [
  invariant({
    name: "idle-is-proven",
    on: "committed",
    check({ by, before, after }, scene) {
      const closedAt = newlyIdle(before, after);
      if (closedAt === null || after === null) return null;
      const ended = after.replicas.filter(
        (replica) =>
          isAlive(replica) ||
          (replica.termination?.reason === "scaled-down" && fromTimestamp(replica.termination.since) === closedAt),
      );
      if (ended.length === 0) return `${after.name} is ended as idle, and has no replica`;
      const began = [after.target?.acceptedAt, after.window?.openedAt].map((at = "") => fromTimestamp(at));
      if (began.some((at) => !(closedAt - at >= idleLimit.seconds * 1000)))
        return `${after.name} is ended as idle before its time was over`;
      const used = ended.find(({ token }) => !isIdle(token, closedAt, { by, scene }));
      if (used !== undefined) return `${after.name} is ended as idle, and ${used.token} is not known to be`;
      const lost = [...scene.cloud.instances.values()].find(
        (instance) => instance.service === after.name && wasUsedUntilLost(instance, closedAt, { by, scene }),
      );
      return lost === undefined ? null : `${after.name} is ended as idle, and ${lost.token} was used until it was lost`;
    },
  }),
];

/** Calls and listings take their time: milliseconds. */
const slack = 5_000;

/** Without measures for longer than this nothing is known: milliseconds. */
const longestGap = 60_000;

/** What served for less need not have been known to: milliseconds. */
const servedFor = 60_000;

/** When a write ended a service as idle; `null`: it did not. */
function newlyIdle(before: ServiceRecord | null, after: ServiceRecord | null): number | null {
  const window = after?.window ?? null;
  if (window === null || window.idle === undefined || window.closedAt === null) return null;
  return before?.window?.closedAt === window.closedAt ? null : fromTimestamp(window.closedAt);
}

interface Looking {
  readonly by: Actor;
  readonly scene: Scene;
}

/** Ready for the whole time, with a GPU that was measured and not used, as far as anybody could have seen. */
function isIdle(token: string, closedAt: number, looking: Looking): boolean {
  const { scene } = looking;
  const span = spanBefore(closedAt, looking);
  return scene.cloud
    .withToken(token)
    .some(
      ({ runningAt, readyAt, gpus }) =>
        readyAt <= span.from &&
        (gpus ?? []).some((gpu) => wasIdle(gpu, runningAt, span, longestGap + slack + scene.skew)),
    );
}

/** All of its GPUs were in use within the time, until it was lost: what came in its place has not had it for long. */
function wasUsedUntilLost(instance: Instance, closedAt: number, looking: Looking): boolean {
  const { gpus, runningAt, readyAt, exitedAt, vanishedAt, preemptedAt, terminatedAt } = instance;
  const span = spanBefore(closedAt, looking);
  const lostAt = Math.min(exitedAt, vanishedAt, preemptedAt);
  if (gpus === null || gpus.length === 0 || isStranger(instance) || terminatedAt < lostAt) return false;
  const served = { from: Math.max(span.from, readyAt), until: lostAt };
  if (lostAt > span.until || served.until - served.from < servedFor) return false;
  return gpus.every((gpu) => !wasIdle(gpu, runningAt, served, Infinity));
}

/** The time in which nothing may have been used, as far as anybody could have seen. */
function spanBefore(closedAt: number, { by, scene }: Looking): { readonly from: number; readonly until: number } {
  const allowed = slack + scene.skew;
  return {
    from: closedAt - idleLimit.seconds * 1000 + allowed,
    until: Math.min(closedAt, by.lookedAt) - scene.cloud.backend.visibility - allowed,
  };
}
