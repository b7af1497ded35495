import { fromTimestamp } from "../lib/timestamp.ts";
import type { Lease } from "../state/lease-record.ts";
import { acquire, isSameOwner, renew, stillOwned } from "../state/lease.ts";
import type { Spent } from "../state/progress.ts";
import type { ServiceRecord } from "../state/record.ts";
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
  readonly hurry?: Change["hurry"];
}

export type Written =
  | { readonly kind: "written"; readonly hold: Hold }
  | { readonly kind: "conflict" }
  | { readonly kind: "held"; readonly by: Holder };

/** Somebody else who works on a service. */
export interface Holder {
  readonly lease: Lease;
  /** When it may be taken at the latest, unless it is renewed. */
  readonly until: string;
  readonly alive: boolean | "unknown";
}

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
  if (!taken.ok) return { kind: "held", by: taken.by };
  // With its last write a round of passes gives the lease back; a service that is gone leaves nothing behind.
  const lease = next.record === null || next.last ? null : taken.lease;
  const { name, record, ended } = next;
  const change = { name, record, intents: intentsOf(record), lease, ended };
  try {
    const snapshot = await session.world.store.commit(
      { ...next.happening, services: [change], basis: hold.snapshot, guard: next.guard, hurry: next.hurry },
      signal,
    );
    // As everybody reads it: somebody may have written more on top before we heard that ours had landed.
    return { kind: "written", hold: holdOf(next.name, snapshot, session) };
  } catch (error) {
    if (error instanceof StateConflict) return { kind: "conflict" };
    throw error;
  }
}

type Taken = { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly by: Holder };

async function takeLease(hold: Hold, name: string, session: Session): Promise<Taken> {
  if (hold.lease !== null) return { ok: true, lease: renew(hold.lease, session.leaseTime(), session.leasePolicy.ttl) };
  return takeFrom(hold.snapshot, name, session);
}

/** The lease as it would be ours, or who has it. */
export async function takeFrom(snapshot: Snapshot, name: string, session: Session): Promise<Taken> {
  const { world, leasePolicy } = session;
  const current = snapshot.services.get(name)?.lease ?? null;
  const alive = current === null ? false : await world.isAlive(current.owner);
  const acquired = acquire(current, {
    owner: world.leaseOwner,
    now: world.clock.now(),
    ttl: leasePolicy.ttl,
    skew: leasePolicy.skew,
    ownerAlive: alive,
    generation: snapshot.generation,
  });
  if (acquired.ok) return acquired;
  return { ok: false, by: { lease: acquired.held, until: acquired.until, alive } };
}

/** Whether we may still act: an owner stops as much before the deadline as clocks may differ. */
export function mayAct({ lease }: Hold, session: Session): boolean {
  const time = { now: session.leaseTime(), skew: session.leasePolicy.skew };
  return lease !== null && stillOwned(lease, session.world.leaseOwner, time);
}

/** Half of the lease's time is over: it is renewed with a write of its own if no other write comes first. */
export function isAging(lease: Lease, session: Session): boolean {
  return fromTimestamp(lease.deadline) - session.leaseTime() < session.leasePolicy.ttl / 2;
}

/** Somebody waits for what is given back, or the process is about to end. */
const atOnce = AbortSignal.abort();

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
      { message: givenBack(name), services: [change], basis: hold.snapshot, hurry: atOnce },
      signal,
    );
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error;
    return releaseOnTip(name, session, signal);
  }
}

/** Gives back the lease alone, on the newest state: something newer was accepted, or it is not known what of ours was written. */
export async function releaseOnTip(name: string, session: Session, signal: AbortSignal): Promise<Snapshot> {
  const snapshot = await session.world.store.load(signal);
  if (holdOf(name, snapshot, session).lease === null) return snapshot;
  try {
    return await session.world.store.commit(
      { message: givenBack(name), services: [{ name, lease: null }], basis: snapshot, hurry: atOnce },
      signal,
    );
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error;
    return releaseOnTip(name, session, signal);
  }
}

/**
 * After a backend has refused a call under our lease: it was called under a later one. Where the newest state says that
 * the lease is somebody else's, that is so. Where it is still ours, the branch has been rewound since that later lease,
 * and ours is put above it.
 */
export async function afterFence(name: string, seen: number, session: Session, signal: AbortSignal): Promise<Hold> {
  const snapshot = await session.world.store.load(signal);
  const hold = holdOf(name, snapshot, session);
  if (hold.lease === null || hold.lease.fence > seen) return hold;
  const lease = { ...hold.lease, fence: seen + 1 };
  const message = `${name}: the lease is put above what was done under a later one`;
  try {
    const written = await session.world.store.commit(
      { message, services: [{ name, lease }], basis: snapshot, hurry: atOnce },
      signal,
    );
    return holdOf(name, written, session);
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error;
    return holdOf(name, await session.world.store.load(signal), session);
  }
}

function givenBack(name: string): string {
  return `${name}: the lease is given back`;
}
