import { fromTimestamp } from "../lib/timestamp.ts";
import { acquire, isSameOwner, renew, stillOwned } from "../state/lease.ts";
import type { Spent } from "../state/progress.ts";
import type { Lease, LeaseOwner, ServiceRecord } from "../state/record.ts";
import { StateConflict } from "../state/store.ts";
import type { Change, Snapshot } from "../state/store.ts";
import type { Happening } from "../state/trailers.ts";
import { intentsOf } from "./intents.ts";
import type { Session } from "./session.ts";

/** A service's part of the state as this process holds it between two passes. */
export interface Hold {
  readonly snapshot: Snapshot;
  /** As it is in `snapshot`. */
  readonly stored: ServiceRecord | null;
  /** Ours, while we have it. */
  readonly lease: Lease | null;
  /** When `snapshot` was read, in milliseconds since the epoch. */
  readonly readAt: number;
}

export interface NextRecord {
  readonly name: string;
  readonly record: ServiceRecord | null;
  /** Of one that is gone: what it has cost in a month. */
  readonly ended?: Spent | undefined;
  readonly happening: Happening;
  /** Nothing follows: the lease is given back by the same write. */
  readonly last: boolean;
  /** What must hold on the newest state too. */
  readonly guard: Change["guard"];
}

export type Written =
  | { readonly kind: "written"; readonly hold: Hold }
  | { readonly kind: "conflict" }
  | { readonly kind: "held"; readonly by: LeaseOwner; readonly until: string };

export function holdOf(name: string, snapshot: Snapshot, session: Session): Hold {
  const state = snapshot.services.get(name);
  const lease = state?.lease ?? null;
  const ours = lease !== null && isSameOwner(lease.owner, session.world.leaseOwner);
  return { snapshot, stored: state?.record ?? null, lease: ours ? lease : null, readAt: session.world.clock.now() };
}

/**
 * Writes a service's next record with the calls that it announces, under our lease, which is taken or renewed by the same
 * write. Nothing is written where somebody else holds it, or where anything read has changed.
 */
export async function writeRecord(
  hold: Hold,
  next: NextRecord,
  session: Session,
  signal: AbortSignal,
): Promise<Written> {
  const taken = await takeLease(hold, next.name, session);
  if (!taken.ok) return { kind: "held", by: taken.heldBy, until: taken.until };
  // With its last write a round of passes gives the lease back; a service that is gone leaves nothing behind.
  const lease = next.record === null || next.last ? null : taken.lease;
  const { name, record, ended } = next;
  const change = { name, record, intents: intentsOf(record), lease, ended };
  try {
    const snapshot = await session.world.store.commit(
      { ...next.happening, services: [change], basis: hold.snapshot, guard: next.guard },
      signal,
    );
    // As everybody reads it: somebody may have written more on top before we heard that ours had landed.
    return { kind: "written", hold: holdOf(next.name, snapshot, session) };
  } catch (error) {
    if (error instanceof StateConflict) return { kind: "conflict" };
    throw error;
  }
}

async function takeLease(hold: Hold, name: string, session: Session) {
  const { world, leasePolicy } = session;
  const now = world.clock.now();
  if (hold.lease !== null) return { ok: true, lease: renew(hold.lease, now, leasePolicy.ttl) } as const;
  const current = hold.snapshot.services.get(name)?.lease ?? null;
  const ownerAlive = current === null ? false : await world.isAlive(current.owner);
  return acquire(current, {
    owner: world.leaseOwner,
    now,
    ttl: leasePolicy.ttl,
    skew: leasePolicy.skew,
    ownerAlive,
    generation: hold.snapshot.generation,
  });
}

/** Whether we may still act: an owner stops as much before the deadline as clocks may differ. */
export function mayAct(hold: Hold, session: Session): boolean {
  return (
    hold.lease !== null &&
    stillOwned(hold.lease, session.world.leaseOwner, { now: session.world.clock.now(), skew: session.leasePolicy.skew })
  );
}

/** Half of the lease's time is over: it is renewed with a write of its own if no other write comes first. */
export function isAging(lease: Lease, session: Session): boolean {
  return fromTimestamp(lease.deadline) - session.world.clock.now() < session.leasePolicy.ttl / 2;
}

/** Gives the lease back with whatever the last passes saw and had no reason to write. Somebody else's newer state is left as it is. */
export async function release(
  hold: Hold,
  last: Pick<NextRecord, "name" | "record">,
  session: Session,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { name, record } = last;
  if (hold.lease === null) return hold.snapshot;
  const change = { name, record, intents: intentsOf(record), lease: null };
  try {
    return await session.world.store.commit(
      { message: givenBack(name), services: [change], basis: hold.snapshot },
      signal,
    );
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error;
    return releaseOnTip(name, session, signal);
  }
}

/** Something newer was accepted meanwhile: only the lease is ours to give back. */
async function releaseOnTip(name: string, session: Session, signal: AbortSignal): Promise<Snapshot> {
  const snapshot = await session.world.store.load(signal);
  if (holdOf(name, snapshot, session).lease === null) return snapshot;
  return session.world.store.commit(
    { message: givenBack(name), services: [{ name, lease: null }], basis: snapshot },
    signal,
  );
}

function givenBack(name: string): string {
  return `${name}: the lease is given back`;
}
