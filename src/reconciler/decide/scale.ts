import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { Scaled } from "../../state/progress.ts";
import type { ServiceRecord } from "../../state/record.ts";
import { autoscale, clamp } from "./autoscale.ts";
import { currentDeployment, isAlive, note, wake } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isUp } from "./schedule.ts";

/** How many replicas the service should have now: what scaling came to, or the fixed count of its spec. */
export function desiredReplicas(record: ServiceRecord): number {
  if (record.target === null || !isUp(record)) return 0;
  const { replicas, scaling } = currentDeployment(record).spec;
  if (scaling === null) return replicas.min;
  return record.scaled?.count ?? initialCount(record);
}

/** Follows the load within the bounds of `replicas`; a service without `scaling` follows nothing. */
export function scale(draft: Draft, context: Context): Draft {
  const { record } = draft;
  const { scaling, replicas: bounds } = currentDeployment(record).spec;
  if (scaling === null) return record.scaled === null ? draft : withCount(draft, null);
  const current = record.scaled ?? { count: initialCount(record), at: toTimestamp(context.now) };
  const begun = record.scaled === null ? withCount(draft, current) : draft;
  const sinceScaled = record.scaled === null ? null : (context.now - fromTimestamp(current.at)) / 1000;
  const count = autoscale({
    scaling,
    bounds,
    current: current.count,
    requests: requestsOf(context, scaling.window),
    sinceScaled,
  });
  if (count === current.count) return wakeAtDelays(begun, current, context);
  if (count < current.count && !mayShrink(record, scaling.window, context)) return begun;
  const scaled = withCount(begun, { count, at: toTimestamp(context.now) });
  return note(
    scaled,
    "note",
    null,
    `scaled from ${current.count} to ${count} replicas: ${loadText(context, scaling.window)}`,
  );
}

/** New bounds hold at once, whether anybody counts requests or not. */
export function withinBounds(
  scaled: Scaled | null,
  { scaling, replicas }: Pick<ServiceSpec, "scaling" | "replicas">,
  at: string,
): Scaled | null {
  if (scaled === null || scaling === null) return scaled;
  const count = clamp(scaled.count, replicas);
  return count === scaled.count ? scaled : { count, at };
}

/** A range begins where the service is: with what runs of it, or its least. */
function initialCount(record: ServiceRecord): number {
  return clamp(record.replicas.filter(isAlive).length, currentDeployment(record).spec.replicas);
}

function withCount(draft: Draft, scaled: Scaled | null): Draft {
  return { ...draft, record: { ...draft.record, scaled } };
}

function requestsOf(context: Context, window: number): number | null {
  const { load } = context.observed;
  return load?.windows.find(({ seconds }) => seconds === window)?.requests ?? null;
}

/** Not while a rollout exchanges what serves, and not before somebody has counted for a whole window. */
function mayShrink(record: ServiceRecord, window: number, context: Context): boolean {
  const exchanging = record.replicas.some((replica) => isAlive(replica) && replica.deployment !== record.current);
  const { load } = context.observed;
  return !exchanging && load !== null && context.now - load.since >= window * 1000;
}

/** The load may have asked for another count for long, and only a delay be in the way. */
function wakeAtDelays(draft: Draft, current: Scaled, context: Context): Draft {
  const { scaling } = currentDeployment(draft.record).spec;
  if (scaling === null || context.observed.load === null) return draft;
  const since = fromTimestamp(current.at);
  const ends = [scaling.scale_up_delay, scaling.scale_down_delay].map((delay) => since + delay * 1000);
  return ends.filter((end) => end > context.now).reduce(wake, draft);
}

function loadText(context: Context, window: number): string {
  return `${requestsOf(context, window) ?? 0} requests in ${window} s`;
}
