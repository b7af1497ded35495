import { unlessAborted } from "../lib/interruption.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { release, releaseOnTip } from "./hold.ts";
import type { Hold } from "./hold.ts";
import type { Session } from "./session.ts";
import { tellNote } from "./tell.ts";

/** A round of passes that ends. */
export interface Leaving {
  readonly name: string;
  readonly session: Session;
  readonly options: {
    /** Aborted: it was interrupted. */
    readonly signal: AbortSignal;
    readonly leave?: AbortSignal;
  };
}

/** How long it is tried, in milliseconds. */
const longest = 10_000;

/**
 * Gives the lease back, with what the last pass saw. Who is interrupted ends in time, with the lease or without it: the
 * next run takes over what this process holds, once it is known to be dead.
 */
export async function giveBack(leaving: Leaving, hold: Hold, record: ServiceRecord | null): Promise<void> {
  const { name, session } = leaving;
  await inTime(leaving, (signal) => release(hold, { name, record }, session, signal));
}

/**
 * Gives back what there is after calls that hung were left to themselves, and tells what is recorded then. A write may
 * have landed without our hearing of it: the newest state says whether a lease is ours.
 */
export async function recordLeft(leaving: Leaving, before: Snapshot): Promise<ServiceRecord | null> {
  const { name, session } = leaving;
  const newest = await inTime(leaving, (signal) => releaseOnTip(name, session, signal));
  return (newest ?? before).services.get(name)?.record ?? null;
}

async function inTime<T>(
  { name, session, options }: Leaving,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const limit = AbortSignal.timeout(longest);
  const signal = options.leave === undefined ? limit : AbortSignal.any([limit, options.leave]);
  try {
    return await unlessAborted(work(signal), signal);
  } catch (error) {
    if (!options.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    tellNote(name, `the lease was not given back: ${reason}`, session.world);
    return null;
  }
}
