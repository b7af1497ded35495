import type { Decider } from "./draft.ts";
import { withSpent } from "./money.ts";

/** A decider that adds up what the replicas cost which it found to have ended: before anything is decided on the money that is left. */
export function charged(decider: Decider): Decider {
  return (draft, context) => {
    const next = decider(draft, context);
    return { ...next, record: withSpent(draft.record, next.record, context.now) };
  };
}
