import { isSameJson } from "../lib/same.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Bell } from "./bell.ts";
import { holdOf } from "./hold.ts";
import type { Hold } from "./hold.ts";
import type { Prober } from "./prober.ts";
import type { Session } from "./session.ts";

/** When passes end (see `SettleOptions`). */
export interface Ending {
  readonly signal: AbortSignal;
  readonly abort: AbortSignal;
  readonly deadline: number;
}

/** The passes over one service: what they are about, when they end, and what lets them look again. */
export interface Run {
  readonly name: string;
  readonly session: Session;
  readonly options: Ending;
  readonly prober: Prober;
  readonly bell: Bell;
}

/** What others accepted meanwhile is taken up; what only we saw since is seen again. */
export async function refresh(
  run: Run,
  hold: Hold,
  record: ServiceRecord | null,
): Promise<{ hold: Hold; record: ServiceRecord | null }> {
  const { session, name, options } = run;
  const fresh =
    session.world.clock.now() - hold.readAt < session.leasePolicy.reload && hold.readAt > session.stirredAt();
  if (fresh || options.signal.aborted) return { hold, record };
  const next = holdOf(name, await session.world.store.load(options.abort), session);
  return { hold: next, record: isSameJson(next.stored, hold.stored) ? record : next.stored };
}

/** Somebody accepted something newer, and waits for what is ours. */
export function isToHandOver(hold: Hold, name: string): boolean {
  return hold.lease !== null && hold.snapshot.services.get(name)?.lease?.handOver === true;
}

export function isOver({ options, session }: Run): boolean {
  return options.signal.aborted || session.world.clock.now() >= options.deadline;
}

/** Until something is heard of, or it is time to look. */
export async function pauseFor(run: Run, ms: number): Promise<void> {
  const { clock } = run.session.world;
  const left = Math.max(0, Math.min(ms, run.options.deadline - clock.now()));
  await run.bell.wait(left, clock, run.options.signal);
}
