import type { Owner } from "../backends/backend.ts";
import type { Snapshot } from "../state/store.ts";
import type { Observed } from "./observed.ts";
import { findStrangers } from "./orphans.ts";

/** Whether something runs that the state which was looked at does not know. */
export function hasStrangers({ strangers = [] }: Observed): boolean {
  return strangers.length > 0;
}

/** What runs may have been announced since the state was read: only what one that was read later does not know is unknown. */
export function withoutKnown(seen: Observed, later: Snapshot, owner: Owner): Observed {
  return { ...seen, strangers: findStrangers(seen.strangers ?? [], later, owner) };
}
