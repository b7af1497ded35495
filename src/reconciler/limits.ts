import { isSameJson } from "../lib/same.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Change } from "../state/store.ts";
import { isLimited, isWithinBudget } from "./decide/budget.ts";
import { overBrake } from "./decide/casualties.ts";
import type { Context } from "./decide/draft.ts";
import { othersOf } from "./decide/others.ts";

/** A record before a pass and after it. */
export interface Step {
  readonly before: ServiceRecord;
  /** `null`: the service is gone. */
  readonly after: ServiceRecord | null;
}

/** What the pass was decided with. `now` in milliseconds since the epoch. */
export type Judging = Pick<Context, "policy" | "now" | "consent">;

/**
 * What the write of a pass must still keep when it is put on the newest state: services do not wait for each other, so
 * that two of them may each have decided to take what is left for one. `undefined` where no limit over several services is touched.
 */
export function guardOf({ before, after }: Step, judging: Judging): Change["guard"] {
  if (after === null) return undefined;
  const pays = isLimited(after, judging.policy) && startsForMoney(before, after);
  const lost = givenUpBy(before, after);
  if (!pays && lost === 0) return undefined;
  return (tip) => {
    const others = othersOf(tip, after.name, judging.now);
    const mayGiveUp = lost === 0 || overBrake(before, lost, { ...judging, others: () => others }) === null;
    return mayGiveUp && (!pays || isWithinBudget(after, others, judging));
  };
}

/** How many the pass has counted as given up: in its replicas it may not be seen any more, where they were replaced at once. */
function givenUpBy(before: ServiceRecord, after: ServiceRecord): number {
  const known = before.brake?.givenUp ?? [];
  const counted = (after.brake?.givenUp ?? []).filter((each) => !known.some((other) => isSameJson(other, each)));
  return counted.reduce((sum, { count }) => sum + count, 0);
}

function startsForMoney(before: ServiceRecord, after: ServiceRecord): boolean {
  const known = new Set(before.replicas.map(({ token }) => token));
  return after.replicas.some(({ token, status, price }) => status === "submitted" && price > 0 && !known.has(token));
}
