import { fromTimestamp } from "../../lib/timestamp.ts";
import { addSpent } from "../../state/gone.ts";
import type { Spent } from "../../state/progress.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";

const hour = 3_600_000;

/** Sums of prices are as exact as doubles are, in USD: by less than this nothing is over a limit. */
export const priceTolerance = 1e-9;

/** What everything of a service costs an hour that exists, or may: calls that are announced, and what is not gone yet. */
export function rateOf({ replicas }: Pick<ServiceRecord, "replicas">): number {
  return replicas.filter(mayExist).reduce((sum, { price }) => sum + price, 0);
}

/** What a service has cost since the month of `now` began, in USD: what has ended, and what runs until now. */
export function spentOf(record: ServiceRecord, now: number): number {
  return endedIn(record, monthOf(now)) + costUntil(now, chargesOf(record.replicas));
}

/** A price, in USD an hour, that is paid since then, in milliseconds since the epoch. */
export interface Charge {
  readonly price: number;
  readonly since: number;
}

/** What replicas that may exist are charged for; those that cost nothing are left out. */
export function chargesOf(replicas: readonly ReplicaRecord[]): readonly Charge[] {
  return replicas
    .filter((replica) => replica.price > 0 && mayExist(replica))
    .map(({ price, submittedAt }) => ({ price, since: fromTimestamp(submittedAt) }));
}

/** What charges come to in the month of `now`, up to then, in USD. */
export function costUntil(now: number, charges: readonly Charge[]): number {
  if (charges.length === 0) return 0;
  const date = new Date(now);
  const begin = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  return charges.reduce((sum, { price, since }) => sum + (price * Math.max(0, now - Math.max(begin, since))) / hour, 0);
}

/** `2026-11`, in UTC. */
export function monthOf(now: number): string {
  const date = new Date(now);
  return `${date.getUTCFullYear()}-${String(date.getUTCMonth() + 1).padStart(2, "0")}`;
}

/** The record with what those of its replicas have cost that ended since `before`. Where nothing did, it stays the same. */
export function withSpent(before: ServiceRecord, after: ServiceRecord, now: number): ServiceRecord {
  if (before.replicas === after.replicas) return after;
  const left = new Map(after.replicas.filter(mayExist).map((replica) => [replica.token, replica]));
  const gone = before.replicas.filter((replica) => wasThere(replica) && !left.has(replica.token));
  const cost = costUntil(now, chargesOf(gone));
  if (cost === 0) return after;
  const spent = addSpent(after.spent, { month: monthOf(now), amount: cost });
  return spent === undefined ? after : { ...after, spent };
}

/** Not known to be gone: a call that is announced cannot be taken back. */
function mayExist({ status }: ReplicaRecord): boolean {
  return status !== "failed" && status !== "terminated";
}

/** A provider had it; a call that was refused cost nothing. */
function wasThere({ instance, runningAt }: ReplicaRecord): boolean {
  return instance !== null || runningAt !== null;
}

/** What has ended has cost so much in the month, in USD: replicas of a service, or services of a state. */
export function endedIn(of: { readonly spent?: Spent | undefined } | undefined, month: string): number {
  return of?.spent?.month === month ? of.spent.amount : 0;
}
