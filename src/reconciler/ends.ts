import type { Decision } from "./decide.ts";

/** Whether a round of passes ends with this one: nothing is asked for, and nothing is under way that passes could bring about. */
export function isEnd(decision: Decision): boolean {
  return (
    decision.actions.length === 0 &&
    (decision.state === "settled" ||
      decision.state === "unproven" ||
      decision.state === "failed" ||
      decision.state === "held")
  );
}
