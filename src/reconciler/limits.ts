import type { Policy } from "../config/settings.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Change } from "../state/store.ts";
import { isLimited, isWithinBudget } from "./decide/budget.ts";
import { othersOf } from "./decide/others.ts";

/** A record before a pass and after it. */
export interface Step {
  readonly before: ServiceRecord;
  /** `null`: the service is gone. */
  readonly after: ServiceRecord | null;
}

/**
 * What the write of a pass must still keep when it is put on the newest state: services do not wait for each other, so
 * that two of them may each have decided to take what is left for one. `undefined` where no limit over several services is touched.
 */
export function guardOf(
  { before, after }: Step,
  scene: { readonly policy: Policy; readonly now: number },
): Change["guard"] {
  if (after === null || !startsForMoney(before, after) || !isLimited(after, scene.policy)) return undefined;
  return (tip) => isWithinBudget(after, othersOf(tip, after.name, scene.now), scene);
}

function startsForMoney(before: ServiceRecord, after: ServiceRecord): boolean {
  const known = new Set(before.replicas.map(({ token }) => token));
  return after.replicas.some(({ token, status, price }) => status === "submitted" && price > 0 && !known.has(token));
}
