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
