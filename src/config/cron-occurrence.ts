/** When a cron expression occurs, as cron-parser finds it. Apart from its parsing, which needs no such large package. */

import { CronExpressionParser, CronMonth } from "cron-parser";

import type { Cron } from "./cron.ts";

/** The last search for each: whoever asks again and again before an occurrence asks for the same one. */
const found = new WeakMap<Cron, { readonly after: number; readonly at: number }>();

/** The first occurrence at or after a time, in milliseconds since the epoch; `null` when there is none, as on February 30th. */
export function nextOccurrence(cron: Cron, now: number): number | null {
  const known = found.get(cron);
  if (known !== undefined && known.after <= now && now <= known.at) return known.at;
  const at = search(cron, now, "next");
  if (at !== null) found.set(cron, { after: now, at });
  return at;
}

/** The last occurrence at or before a time. */
export function previousOccurrence(cron: Cron, now: number): number | null {
  return search(cron, now, "prev");
}

/** cron-parser takes either of two day fields where both are given: it is asked without days of the week, which are seen to here. */
function search(cron: Cron, now: number, towards: "next" | "prev"): number | null {
  if (!canOccur(cron)) return null;
  // To cron-parser the time itself is neither next nor previous.
  const currentDate = towards === "next" ? now - 1 : now + 1;
  const expression = CronExpressionParser.parse(withoutWeekdays(cron), { currentDate, tz: "UTC" });
  let found = expression[towards]();
  // Ends: even February 29th falls on every day of the week within 40 years.
  while (!cron.weekday.values.has((found.getDay() + 6) % 7)) {
    if (towards === "next") found.setEndOfDay();
    else found.setStartOfDay();
    expression.reset(found);
    found = expression[towards]();
  }
  return found.getTime();
}

/** Whether any of the months is as long as that. */
function canOccur({ day, month }: Cron): boolean {
  const lengths = [...month.values].map((number) => CronMonth.daysInMonth[number - 1] ?? 0);
  return day.last || Math.min(...day.values) <= Math.max(...lengths);
}

function withoutWeekdays({ minute, hour, day, month }: Cron): string {
  const days = day.last ? [...day.values, "L"] : [...day.values];
  return [[...minute.values], [...hour.values], days, [...month.values], ["*"]]
    .map((values) => values.join())
    .join(" ");
}
