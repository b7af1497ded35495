import { isSameJson } from "../lib/same.ts";
import type { Decision } from "./decide.ts";
import { isEnd } from "./ends.ts";
import { isAging, mayAct } from "./hold.ts";
import type { Hold } from "./hold.ts";
import { isMaterial } from "./material.ts";
import type { Session } from "./session.ts";

/** Whether a pass has to be written: before anything is done, and to keep a lease that we still need. */
export function mustWrite(hold: Hold, decision: Decision, session: Session): boolean {
  if (isMaterial(hold.stored, decision.record)) return true;
  // With the last pass of a round everything that was seen is written down.
  if (isEnd(decision) && !isSameJson(hold.stored, decision.record)) return true;
  if (decision.actions.length > 0 && !mayAct(hold, session)) return true;
  return hold.lease !== null && isAging(hold.lease, session);
}
