import type { ServiceRecord } from "../state/record.ts";
import type { Run } from "./between-passes.ts";
import { holdOf } from "./hold.ts";
import type { Hold } from "./hold.ts";
import { observe } from "./observe.ts";
import type { Observed, Outcome } from "./observed.ts";
import { hasStrangers, withoutKnown } from "./strangers.ts";

/** What a pass sees; or the state that knows more of what runs than the one that it began with. */
export type Sight =
  | { readonly kind: "seen"; readonly observed: Observed }
  | { readonly kind: "newer"; readonly hold: Hold };

export interface Standing {
  readonly hold: Hold;
  readonly record: ServiceRecord;
  /** Of the calls of the pass before, by token. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Looks at everything that a pass decides on. What the state does not know may have been announced since it was read: only what the newest does not know either is seen as unknown. */
export async function look(run: Run, { hold, record, outcomes }: Standing): Promise<Sight> {
  const { name, session, options } = run;
  const { world, listing, owner } = session;
  const { snapshot } = hold;
  const observer = { world, prober: run.prober, listing, owner, snapshot, published: session.published() };
  const observed = await observe(observer, record, outcomes, options.abort);
  if (!hasStrangers(observed)) return { kind: "seen", observed };
  const newest = await world.store.load(options.abort);
  const left = withoutKnown(observed, newest, owner);
  return hasStrangers(left) ? { kind: "seen", observed: left } : { kind: "newer", hold: holdOf(name, newest, session) };
}
