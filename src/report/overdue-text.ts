import type { Diagnostic } from "../lib/diagnostics.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import type { Due } from "../reconciler/overdue.ts";

/** What to ask oneself where something due was not done. */
export const overdueHint = "is the scheduled workflow enabled, or `watch` running?";

/** That something should have been done for a service and was not. */
function overdueText(name: string, { at, why }: Due, now: number): string {
  return `${name} has waited since ${moment(at, now)} (${why}): no tick has come`;
}

/** The same as lines of their own; with a name, of that service alone. */
export function overdueWarnings(
  overdue: ReadonlyMap<string, Due>,
  now: number,
  only: string | null = null,
): readonly string[] {
  const chosen = [...overdue].filter(([name]) => only === null || name === only);
  return chosen.map(([name, due]) => `warning: ${overdueText(name, due, now)}; ${overdueHint}`);
}

/** The same among what is to be said of a plan. */
export function overdueDiagnostics(overdue: ReadonlyMap<string, Due>, now: number): readonly Diagnostic[] {
  return [...overdue].map(([name, due]) => ({
    severity: "warning",
    code: "overdue",
    message: overdueText(name, due, now),
    hint: overdueHint,
  }));
}

/** `09:00 UTC`, of another day with its date. */
function moment(at: number, now: number): string {
  const [day = "", time = ""] = toTimestamp(at).split("T");
  const today = toTimestamp(now).split("T")[0];
  return `${day === today ? "" : `${day} `}${time.slice(0, 5)} UTC`;
}
