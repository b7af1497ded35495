/** The fields of a cron expression, in their order. */
export const cronFields = ["minute", "hour", "day", "month", "weekday"] as const;
export type CronField = (typeof cronFields)[number];

export type ParsedField =
  | { readonly ok: true; readonly values: ReadonlySet<number>; readonly last: boolean; readonly restricts: boolean }
  | { readonly ok: false; readonly message: string };

const bounds: Readonly<Record<CronField, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  month: [1, 12],
  weekday: [0, 6],
};

const names: Partial<Record<CronField, readonly string[]>> = {
  month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  weekday: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
};

/** The values that a field such as `10-20/5,45` stands for. */
export function parseField(written: string, field: CronField): ParsedField {
  const values = new Set<number>();
  let last = false;
  for (const part of written.split(",")) {
    if (field === "day" && /^last/iu.test(part)) {
      last = true;
      continue;
    }
    const range = parseRange(part, field);
    if (typeof range === "string") return { ok: false, message: range };
    for (let value = range.first; value <= range.last; value += range.step) values.add(value);
  }
  return { ok: true, values, last, restricts: written !== "*" };
}

interface Steps {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** `*`, `A`, `A-B`, each with `/N`; or names, after which the reference's library ignores what follows. A text is an error. */
function parseRange(part: string, field: CronField): Steps | string {
  const [min, max] = bounds[field];
  const { first, last, step, all } =
    /^(?:(?<all>\*)|(?<first>\d+)(?:-(?<last>\d+))?)(?:\/(?<step>\d+))?$/.exec(part)?.groups ?? {};
  if (all === undefined && first === undefined) return parseNames(part, field);
  const by = step === undefined ? 1 : Number(step);
  if (by === 0) return "Increment must be higher than 0";
  const from = first === undefined ? min : Number(first);
  const end = last === undefined ? null : Number(last);
  if (end !== null && from > end) return "The minimum value in a range must not be higher than the maximum";
  const to = end ?? (all !== undefined || step !== undefined ? max : from);
  const wrong = outOfBounds({ first: from, last: to, step: step === undefined ? 0 : by }, min, max);
  return wrong === null ? { first: from, last: to, step: by } : `Error validating expression '${part}': ${wrong}`;
}

function outOfBounds({ first, last, step }: Steps, min: number, max: number): string | null {
  const tooLong = (range: number): string =>
    `the step value (${step}) is higher than the total range of the expression (${range})`;
  if (step > max - min) return tooLong(max - min);
  if (first < min) return `the first value (${first}) is lower than the minimum value (${min})`;
  if (last > max) return `the last value (${last}) is higher than the maximum value (${max})`;
  // A range that ends with 0 is as long as one without an end, to the reference's library.
  const range = (last || max) - first;
  return step > range ? tooLong(range) : null;
}

function parseNames(part: string, field: CronField): Steps | string {
  const known = names[field];
  // Python's `[a-z]` in any case.
  const { first, last } = /^(?<first>[a-zıİ]+)(?:-(?<last>[a-zıİ]+))?/iu.exec(part)?.groups ?? {};
  if (known === undefined || first === undefined)
    return `Unrecognized expression "${part}" for field "${fieldNames[field]}"`;
  const [from, to] = [known.indexOf(first.toLowerCase()), known.indexOf((last ?? first).toLowerCase())];
  if (from < 0 || to < 0) return `Invalid ${field} name "${from < 0 ? first : (last ?? first)}"`;
  const [min] = bounds[field];
  return from > to
    ? "The minimum value in a range must not be higher than the maximum"
    : { first: from + min, last: to + min, step: 1 };
}

const fieldNames: Readonly<Record<CronField, string>> = {
  minute: "minute",
  hour: "hour",
  day: "day",
  month: "month",
  weekday: "day_of_week",
};
