import { fromTimestamp, toTimestamp } from "../lib/timestamp.ts";
import type { Lease, LeaseOwner } from "./lease-record.ts";

/** Who may work on a service, and until when: what is asked for. Times in milliseconds. */
export interface LeaseRequest {
  readonly owner: LeaseOwner;
  readonly now: number;
  readonly ttl: number;
  /** How far clocks of two hosts may differ. */
  readonly skew: number;
  /** Of the current lease's owner, where it can be proven. */
  readonly ownerAlive: boolean | "unknown";
  /** Of the state that was read. With it, fences grow although a lease that was given back leaves nothing behind. */
  readonly generation?: number;
}

export type Acquisition =
  | { readonly ok: true; readonly lease: Lease }
  | { readonly ok: false; readonly held: Lease; readonly until: string };

/**
 * Takes a lease that is free, whose owner is proven dead, or whose deadline is over by more than clocks may differ. The
 * owner itself renews; nobody enters again by name.
 */
export function acquire(current: Lease | null, request: LeaseRequest): Acquisition {
  if (current !== null && isSameOwner(current.owner, request.owner)) {
    return { ok: true, lease: renew(current, request.now, request.ttl) };
  }
  if (current !== null && !isFree(current, request)) {
    return { ok: false, held: current, until: toTimestamp(freeAt(current, request)) };
  }
  const lease: Lease = {
    owner: request.owner,
    acquiredAt: toTimestamp(request.now),
    deadline: toTimestamp(request.now + request.ttl),
    fence: Math.max(current?.fence ?? 0, request.generation ?? 0) + 1,
    handOver: false,
  };
  return { ok: true, lease };
}

function isFree(current: Lease, request: LeaseRequest): boolean {
  return request.ownerAlive === false || request.now > freeAt(current, request);
}

/** When anybody may take it, unless it is renewed. On one host there is one clock. Milliseconds since the epoch. */
export function freeAt(current: Lease, request: Pick<LeaseRequest, "owner" | "skew">): number {
  const sameHost = current.owner.host !== null && current.owner.host === request.owner.host;
  return fromTimestamp(current.deadline) + (sameHost ? 0 : request.skew);
}

/** Moves the deadline; it never comes earlier. */
export function renew(lease: Lease, now: number, ttl: number): Lease {
  return { ...lease, deadline: toTimestamp(Math.max(fromTimestamp(lease.deadline), now + ttl)) };
}

/** What becomes of a lease when its owner gives it back: nothing, unless it is somebody else's by now. */
export function release(lease: Lease | null, owner: LeaseOwner): Lease | null {
  return lease !== null && isSameOwner(lease.owner, owner) ? null : lease;
}

/** Whether the owner may still act: it stops before the deadline, by as much as clocks may differ. */
export function stillOwned(
  lease: Lease,
  owner: LeaseOwner,
  time: { readonly now: number; readonly skew: number },
): boolean {
  return isSameOwner(lease.owner, owner) && time.now < fromTimestamp(lease.deadline) - time.skew;
}

/** One process is one owner: neither a run's name nor a pid makes another process the same. */
export function isSameOwner(a: LeaseOwner, b: LeaseOwner): boolean {
  return a.nonce === b.nonce;
}

/** An owner's name for people. */
export function ownerText({ run, attempt }: Pick<LeaseOwner, "run" | "attempt">): string {
  return attempt > 1 ? `${run} (attempt ${attempt})` : run;
}
