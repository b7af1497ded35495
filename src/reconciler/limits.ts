import type { ServiceRecord } from "../state/record.ts";
import type { Change } from "../state/store.ts";
import { isLimited, isWithinBudget } from "./decide/budget.ts";
import { casualtiesOf, overBrake } from "./decide/casualties.ts";
import type { Context } from "./decide/draft.ts";
import { othersOf } from "./decide/others.ts";

/** A record before a pass and after it. */
export interface Step {
  readonly before: ServiceRecord;
  /** `null`: the service is gone. */
  readonly after: ServiceRecord | null;
}

/** What the pass was decided with. `now` in milliseconds since the epoch. */
export type Judging = Pick<Context, "observed" | "policy" | "now" | "consent">;

/**
 * What the write of a pass must still keep when it is put on the newest state: services do not wait for each other, so
 * that two of them may each have decided to take what is left for one. `undefined` where no limit over several services is touched.
 */
export function guardOf({ before, after }: Step, judging: Judging): Change["guard"] {
  if (after === null) return undefined;
  const pays = isLimited(after, judging.policy) && startsForMoney(before, after);
  const lost = casualtiesOf(before, after, judging.observed).length;
  if (!pays && lost === 0) return undefined;
  return (tip) => {
    const others = othersOf(tip, after.name, judging.now);
    const mayGiveUp = lost === 0 || overBrake(before, lost, { ...judging, others: () => others }) === null;
    return mayGiveUp && (!pays || isWithinBudget(after, others, judging));
  };
}

function startsForMoney(before: ServiceRecord, after: ServiceRecord): boolean {
  const known = new Set(before.replicas.map(({ token }) => token));
  return after.replicas.some(({ token, status, price }) => status === "submitted" && price > 0 && !known.has(token));
}
