import { FencedError } from "../backends/errors.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Run } from "./between-passes.ts";
import type { Action } from "./decide.ts";
import { execute } from "./execute.ts";
import { afterFence, mayAct } from "./hold.ts";
import type { Hold } from "./hold.ts";
import type { Observed, Outcome } from "./observed.ts";

/** What came of a pass's calls; or that a backend was called under a later lease, with what is held after that was looked into. */
export type CarriedOut =
  | { readonly kind: "done"; readonly outcomes: ReadonlyMap<string, Outcome> }
  | { readonly kind: "fenced"; readonly hold: Hold };

export interface Announced {
  readonly hold: Hold;
  /** As it was written before. */
  readonly record: ServiceRecord;
  readonly observed: Observed;
}

/** Makes the calls that were written ahead, under our lease. */
export async function carryOut(
  actions: readonly Action[],
  { hold, record, observed }: Announced,
  run: Run,
): Promise<CarriedOut> {
  const { name, session, options } = run;
  // A gateway that took long, or a machine that was suspended: somebody else may work on it by now.
  // Or one was given up while it took long, and its lease is about to be given back.
  if (actions.length === 0 || hold.lease === null || !mayAct(hold, session) || options.abort.aborted)
    return { kind: "done", outcomes: new Map() };
  const { world, owner } = session;
  try {
    const scope = { world, owner, record, observed, fence: hold.lease.fence, signal: options.abort };
    return { kind: "done", outcomes: await execute(actions, scope) };
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
    return { kind: "fenced", hold: await afterFence(name, error.seen, session, options.abort) };
  }
}
