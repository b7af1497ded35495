import type { Snapshot } from "../state/store.ts";
import { lastOf } from "./hurry.ts";
import type { Session } from "./session.ts";
import { settleService } from "./settle-service.ts";
import type { ServiceOutcome, SettleOptions } from "./settle-service.ts";

/** How one service's passes ended: with an outcome, or with an error that concerns this service alone. */
export type Settled = ServiceOutcome | { readonly name: string; readonly state: "error"; readonly error: unknown };

/** Works on services side by side: none waits for another's decisions, and what befalls one does not end the others. */
export async function settle(
  names: readonly string[],
  snapshot: Snapshot,
  session: Session,
  options: SettleOptions,
): Promise<readonly Settled[]> {
  const ending = lastOf(names);
  return Promise.all(
    names.map(async (name): Promise<Settled> => {
      try {
        return await settleService(name, snapshot, session, { ...options, ending });
      } catch (error) {
        return { name, state: "error", error };
      } finally {
        ending(name);
      }
    }),
  );
}
