import { type CronField, cronFields, parseField } from "./cron-field.ts";

/** A cron expression in UTC, or why it is none. Days of the week count from Monday, which is 0. */
export type ParsedCron = { readonly ok: true; readonly cron: Cron } | { readonly ok: false; readonly message: string };

/** When something happens, to the minute. A day must fit both day fields, which is not what POSIX says. */
export type Cron = Readonly<Record<CronField, Field>>;

interface Field {
  readonly values: ReadonlySet<number>;
  /** Days only: the month's last day. */
  readonly last: boolean;
  /** False for `*`. */
  readonly restricts: boolean;
}

/** Of several wrong fields the reference's library tells the first of these. */
const readingOrder = ["month", "day", "weekday", "hour", "minute"] as const satisfies readonly CronField[];

/** Reads five fields of `*`, numbers, names, `,`, `-` and `/`, as the reference's library does (facts §10). */
export function parseCron(expression: string): ParsedCron {
  // Not `\S`: a byte order mark is white space to JavaScript alone.
  const parts = expression.match(/\P{White_Space}+/gu) ?? [];
  if (parts.length !== 5) return { ok: false, message: `Wrong number of fields; got ${parts.length}, expected 5` };
  const fields: Partial<Record<CronField, Field>> = {};
  for (const name of readingOrder) {
    const parsed = parseField(parts[cronFields.indexOf(name)] ?? "", name);
    if (!parsed.ok) return parsed;
    fields[name] = parsed;
  }
  const { minute, hour, day, month, weekday } = fields;
  if (!minute || !hour || !day || !month || !weekday)
    return { ok: false, message: `Unrecognized expression "${expression}"` };
  return { ok: true, cron: { minute, hour, day, month, weekday } };
}

/** Whether both day fields say something: a day must fit both here, either under POSIX. */
export function combinesDays({ day, weekday }: Cron): boolean {
  return day.restricts && weekday.restricts;
}

const minuteLength = 60_000;
const dayLength = 86_400_000;
/** February 29th falls on a given day of the week within 40 years. */
const maxDays = 41 * 366;

/** The first occurrence at or after a time, in milliseconds since the epoch; `null` when there is none, as on February 30th. */
export function nextOccurrence(cron: Cron, now: number): number | null {
  const from = Math.ceil(now / minuteLength) * minuteLength;
  return search(cron, { from, step: 1 });
}

/** The last occurrence at or before a time. */
export function previousOccurrence(cron: Cron, now: number): number | null {
  const from = Math.floor(now / minuteLength) * minuteLength;
  return search(cron, { from, step: -1 });
}

function search(cron: Cron, { from, step }: { readonly from: number; readonly step: 1 | -1 }): number | null {
  const times = timesOfDay(cron);
  const inOrder = step > 0 ? times : times.toReversed();
  const firstDay = Math.floor(from / dayLength) * dayLength;
  for (let days = 0; days <= maxDays; days += 1) {
    const day = firstDay + days * step * dayLength;
    if (!fitsDay(cron, new Date(day))) continue;
    const found = inOrder.find((time) => (day + time - from) * step >= 0);
    if (found !== undefined) return day + found;
  }
  return null;
}

/** Milliseconds since midnight, ascending. */
function timesOfDay({ hour, minute }: Cron): readonly number[] {
  const minutes = [...minute.values].toSorted((a, b) => a - b);
  const hours = [...hour.values].toSorted((a, b) => a - b);
  return hours.flatMap((h) => minutes.map((m) => (h * 60 + m) * minuteLength));
}

function fitsDay({ day, month, weekday }: Cron, date: Date): boolean {
  if (!month.values.has(date.getUTCMonth() + 1)) return false;
  const isLast = day.last && new Date(date.getTime() + dayLength).getUTCDate() === 1;
  if (!isLast && !day.values.has(date.getUTCDate())) return false;
  return weekday.values.has((date.getUTCDay() + 6) % 7);
}
