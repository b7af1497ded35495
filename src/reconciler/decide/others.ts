import type { Snapshot } from "../../state/store.ts";
import { endedIn, monthOf, rateOf, spentOf } from "./money.ts";
import { tollOf } from "./toll.ts";
import type { Toll } from "./toll.ts";

/** What a decision must know of the project's other services: some limits hold over all of them together. */
export interface Others {
  /** $/hour. */
  readonly hourly: number;
  /** USD in this month. */
  readonly spent: number;
  readonly toll: Toll;
}

/** A service that is alone. */
export const noOthers: Others = { hourly: 0, spent: 0, toll: { running: 0, wanted: 0, givenUp: 0 } };

/** What all services but one come to, as recorded, with what those have cost that are gone; open calls are part of the records. */
export function othersOf(snapshot: Pick<Snapshot, "services" | "gone">, name: string, now: number): Others {
  let { hourly, toll } = noOthers;
  let spent = endedIn(snapshot.gone, monthOf(now));
  for (const [other, { record }] of snapshot.services) {
    if (other === name || record === null) continue;
    hourly += rateOf(record);
    spent += spentOf(record, now);
    const { running, wanted, givenUp } = tollOf(record, now);
    toll = { running: toll.running + running, wanted: toll.wanted + wanted, givenUp: toll.givenUp + givenUp };
  }
  return { hourly, spent, toll };
}
