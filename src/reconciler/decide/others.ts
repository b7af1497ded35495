import type { Snapshot } from "../../state/store.ts";
import { rateOf, spentOf } from "./money.ts";

/** What a decision must know of the project's other services: some limits hold over all of them together. */
export interface Others {
  /** $/hour. */
  readonly hourly: number;
  /** USD in this month. */
  readonly spent: number;
}

/** A service that is alone. */
export const noOthers: Others = { hourly: 0, spent: 0 };

/** What all services but one come to, as recorded; open calls are part of the records. */
export function othersOf(snapshot: Pick<Snapshot, "services">, name: string, now: number): Others {
  let { hourly, spent } = noOthers;
  for (const [other, { record }] of snapshot.services) {
    if (other === name || record === null) continue;
    hourly += rateOf(record);
    spent += spentOf(record, now);
  }
  return { hourly, spent };
}
