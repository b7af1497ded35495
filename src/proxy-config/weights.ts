import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";

/** Shares that come out so much apart from what was asked for are near enough. */
const tolerance = 0.001;

/**
 * How many of a route's requests each of its replicas gets, relative to the others, while a canary has a share of them:
 * the canary's replicas get that share together, the others the rest. `null`: each gets as many as any other, for want
 * of a share or of somebody to share with.
 */
export function weightsOf(
  { target, deployments }: ServiceRecord,
  routed: readonly ReplicaRecord[],
): (replica: ReplicaRecord) => number | null {
  // Of the accepted revision: one that is gone back from keeps its share until its last replica has left, and gets no more.
  const canary = target?.deployment;
  const share = deployments.find(({ num, settledAt }) => num === canary && settledAt === null)?.canary?.share ?? null;
  const canaries = routed.filter(({ deployment }) => deployment === canary).length;
  const others = routed.length - canaries;
  if (share === null || canaries === 0 || others === 0) return () => null;
  const weights = smallest(share, canaries, others);
  return ({ deployment }) => (deployment === canary ? weights.canary : weights.other);
}

/** Small whole numbers: nginx gives a server that failed its weight back by one a request, which must not take thousands. */
function smallest(asked: number, canaries: number, others: number): { canary: number; other: number } {
  // The others stay in reach, should no canary be.
  const share = Math.min(Math.max(asked, tolerance / 10), 1 - tolerance);
  const ratio = share / canaries / ((1 - share) / others);
  const near = (canary: number, other: number): boolean =>
    Math.abs((canary * canaries) / (canary * canaries + other * others) - share) <= tolerance;
  for (let unit = 1; ; unit += 1) {
    const canary = ratio < 1 ? unit : Math.round(unit * ratio);
    const other = ratio < 1 ? Math.round(unit / ratio) : unit;
    // Rounding is off by half a unit at most, so it comes below the tolerance in time.
    if (near(canary, other)) return { canary, other };
  }
}
