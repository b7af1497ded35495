import type { ReplicaRange, ScalingSpec } from "../../config/spec.ts";

/** What a decision about the number of replicas is made from. */
export interface Load {
  readonly scaling: Pick<ScalingSpec, "target" | "window" | "scale_up_delay" | "scale_down_delay">;
  readonly bounds: ReplicaRange;
  readonly current: number;
  /** Requests that ended within the window; `null`: nobody has counted. */
  readonly requests: number | null;
  /** Seconds since the count last changed; `null`: it never has. */
  readonly sinceScaled: number | null;
}

/**
 * How many replicas the load asks for, as the reference's autoscaler says (facts §6): straight to the wanted count, once
 * the delay is over; from zero at once. Nobody having counted is not a count of zero.
 */
export function autoscale({ scaling, bounds, current, requests, sinceScaled }: Load): number {
  if (requests === null) return current;
  // In this order, on doubles, so that the same requests give the same count as there.
  const wanted = clamp(Math.ceil(requests / scaling.window / scaling.target), bounds);
  if (wanted === current || (wanted > current && current === 0)) return wanted;
  const delay = wanted > current ? scaling.scale_up_delay : scaling.scale_down_delay;
  return sinceScaled !== null && sinceScaled < delay ? current : wanted;
}

/** A count without a rule to follow is brought within its bounds at once. */
export function clamp(count: number, { min, max }: ReplicaRange): number {
  return Math.max(min, Math.min(max, count));
}
