import type { GpuUse } from "../../backends/backend.ts";
import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { IdleGpu } from "../../state/progress.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { currentDeployment, isServing, note, wake } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isComplete } from "./finish.ts";

type Utilization = NonNullable<ServiceSpec["utilization_policy"]>;

/** Two measures that are further apart, or one that is older, say nothing about the time since: milliseconds. */
const longestGap = 60_000;

/** The record has all of them. */
const mostNamed = 3;

/**
 * Closes the service's window by its `utilization_policy`: once each of its replicas has a GPU that stayed below the least
 * utilization for the whole time. As long as one is used, is not measured, or is on its way, nothing is closed.
 */
export function endIdle(draft: Draft, context: Context): Draft {
  const { record } = draft;
  const policy = currentDeployment(record).spec.utilization_policy;
  const begun = policy === null ? null : begunAt(record);
  if (policy === null || begun === null || record.window === null) return draft;
  const counted = record.replicas.filter((replica) => !isFailingFor(replica, policy, context));
  const idle = counted.flatMap((replica) => idlest(replica, { policy, begun }, context) ?? []);
  if (counted.length === 0 || idle.length < counted.length) return draft;
  const end = Math.max(...idle.map(({ since }) => since)) + policy.time_window * 1000;
  if (context.now < end) return wake(draft, end);
  const evidence = idle.map(({ num, use }) => evidenceOf(num, use, context.now - policy.time_window * 1000));
  const closed = { ...record.window, closedAt: toTimestamp(context.now), idle: evidence };
  return note({ ...draft, record: { ...record, window: closed } }, "note", null, textOf(policy, evidence));
}

/** Since when the replicas that are there take all requests that there are: what was before says nothing of them. `null`: they do not yet, or nothing is to run. */
function begunAt(record: ServiceRecord): number | null {
  const { target, window, scaled, replicas } = record;
  if (target === null || window === null || window.closedAt !== null) return null;
  const { settledAt } = currentDeployment(record);
  const turnedDown = [
    ...record.quarantined.map(({ at }) => at),
    ...record.deployments.flatMap(({ gaveUpAt }) => gaveUpAt ?? []),
  ];
  const exchanging = replicas.some(({ deployment }) => deployment !== record.current);
  // What is complete settles by this very pass.
  if (exchanging || (settledAt === null && isComplete(record))) return null;
  // What was turned down has served beside it until then.
  const moments = [target.acceptedAt, window.openedAt, settledAt, scaled?.at ?? null, ...turnedDown];
  return Math.max(...moments.flatMap((at) => (at === null ? [] : [fromTimestamp(at)])));
}

/**
 * It has not come to serve for the whole time, however often it was tried: nobody uses it. Of one that was asked for again
 * and that nobody has looked at since that is not known.
 */
function isFailingFor({ error, failingSince }: ReplicaRecord, policy: Utilization, context: Context): boolean {
  if (error === null || failingSince === undefined) return false;
  return context.now >= fromTimestamp(failingSince) + policy.time_window * 1000;
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
  // Before the first that is kept, there may have been others.
  const measured = gap > 0 ? (samples[gap]?.at ?? newest.at) : (samples[0]?.at ?? newest.at) - longestGap;
  const used = samples.findLast(({ percent }) => !(percent < policy.min_gpu_utilization))?.at ?? -Infinity;
  return Math.max(measured, used + 1);
}

function evidenceOf(replica: number, { gpu, samples }: GpuUse, from: number): IdleGpu {
  const within = samples.filter(({ at }) => at >= from);
  return { replica, gpu, highest: Math.max(0, ...within.map(({ percent }) => percent)) };
}

function textOf(policy: Utilization, idle: readonly IdleGpu[]): string {
  const gpus = idle.map((each) => `GPU ${each.gpu} of replica ${each.replica} at ${each.highest}% at most`);
  const more = gpus.length > mostNamed ? [`and ${gpus.length - mostNamed} more`] : [];
  const text = [...gpus.slice(0, mostNamed), ...more].join(", ");
  return `\`utilization_policy\` ends it: below ${policy.min_gpu_utilization}% for ${policy.time_window} s, ${text}`;
}
