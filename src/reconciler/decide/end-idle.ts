import type { GpuUse } from "../../backends/backend.ts";
import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { IdleGpu } from "../../state/progress.ts";
import type { ReplicaRecord } from "../../state/record.ts";
import { currentDeployment, isAlive, isServing, note, wake } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";

type Utilization = NonNullable<ServiceSpec["utilization_policy"]>;

/** Two measures that are further apart, or one that is older, say nothing about the time since: milliseconds. */
const longestGap = 60_000;

/**
 * Closes the service's window by its `utilization_policy`: once each of its replicas has a GPU that stayed below the least
 * utilization for the whole time. As long as one is used, is not measured, or is still to become ready, nothing is closed.
 */
export function endIdle(draft: Draft, context: Context): Draft {
  const { target, window, replicas } = draft.record;
  const policy = currentDeployment(draft.record).spec.utilization_policy;
  if (policy === null || target === null || window === null || window.closedAt !== null) return draft;
  // What was idle before an edit, or ahead of its window, is not held against what runs now.
  const begun = Math.max(fromTimestamp(target.acceptedAt), fromTimestamp(window.openedAt));
  const alive = replicas.filter(isAlive);
  const idle = alive.flatMap((replica) => idlest(replica, { policy, begun }, context) ?? []);
  if (alive.length === 0 || idle.length < alive.length) return draft;
  const end = Math.max(...idle.map(({ since }) => since)) + policy.time_window * 1000;
  if (context.now < end) return wake(draft, end);
  const evidence = idle.map(({ num, use }) => evidenceOf(num, use, context.now - policy.time_window * 1000));
  const closed = { ...window, closedAt: toTimestamp(context.now), idle: evidence };
  return note({ ...draft, record: { ...draft.record, window: closed } }, "note", null, textOf(policy, evidence));
}

interface Idle {
  readonly num: number;
  readonly use: GpuUse;
  /** From when on all measures were below the least utilization, in milliseconds since the epoch. */
  readonly since: number;
}

/** The GPU of a replica that has been idle for longest; `null`: none is, or nobody knows. */
function idlest(
  replica: ReplicaRecord,
  { policy, begun }: { readonly policy: Utilization; readonly begun: number },
  context: Context,
): Idle | null {
  if (!isServing(replica) || replica.readyAt === null || replica.unreachableSince !== undefined) return null;
  const earliest = Math.max(begun, fromTimestamp(replica.readyAt));
  const idle = (context.observed.instances.get(replica.token)?.gpus ?? []).flatMap((use): readonly Idle[] => {
    const since = idleSince(use, policy, context.now);
    return since === null ? [] : [{ num: replica.num, use, since: Math.max(since, earliest) }];
  });
  return idle.toSorted((a, b) => a.since - b.since)[0] ?? null;
}

/** Since when a GPU was measured without a gap, and never used enough; `null`: nobody measures it now. */
function idleSince({ samples }: GpuUse, policy: Utilization, now: number): number | null {
  const newest = samples.at(-1);
  if (newest === undefined || now - newest.at > longestGap) return null;
  const gap = samples.findLastIndex(({ at }, index) => index > 0 && at - (samples[index - 1]?.at ?? at) > longestGap);
  const measured = samples[Math.max(0, gap)]?.at ?? newest.at;
  const used = samples.findLast(({ percent }) => !(percent < policy.min_gpu_utilization))?.at ?? -Infinity;
  return Math.max(measured - longestGap, used + 1);
}

function evidenceOf(replica: number, { gpu, samples }: GpuUse, from: number): IdleGpu {
  const within = samples.filter(({ at }) => at >= from);
  return { replica, gpu, highest: Math.max(0, ...within.map(({ percent }) => percent)) };
}

function textOf(policy: Utilization, idle: readonly IdleGpu[]): string {
  const gpus = idle.map((each) => `GPU ${each.gpu} of replica ${each.replica} at ${each.highest}% at most`);
  return `\`utilization_policy\` ends it: below ${policy.min_gpu_utilization}% for ${policy.time_window} s, ${gpus.join(", ")}`;
}
