import { readFileSync } from "node:fs";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { nextOccurrence, previousOccurrence } from "../../src/config/cron-occurrence.ts";
import { type Cron, parseCron } from "../../src/config/cron.ts";
import { parseLines, shorts } from "./parsing.ts";

describe("nextOccurrence() and previousOccurrence()", () => {
  it.each([
    ["5/10 * * * *", "2025-09-02T12:15:00Z", "2025-09-02T12:05:00Z"],
    ["0-0/7 * * * *", "2025-09-02T13:00:00Z", "2025-09-02T12:00:00Z"],
    ["0 0 3/10 * *", "2025-09-03T00:00:00Z", "2025-08-23T00:00:00Z"],
    ["0 0 31 * *", "2025-10-31T00:00:00Z", "2025-08-31T00:00:00Z"],
    ["0 0 29 2 *", "2028-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["0 0 29 2 mon", "2044-02-29T00:00:00Z", "2016-02-29T00:00:00Z"],
    ["0 0 13 * fri", "2026-02-13T00:00:00Z", "2025-06-13T00:00:00Z"],
    ["0 0 1-31 * fri", "2025-09-05T00:00:00Z", "2025-08-29T00:00:00Z"],
    ["0 0 13 * 0-6", "2025-09-13T00:00:00Z", "2025-08-13T00:00:00Z"],
    ["0 0 LAST * *", "2025-09-30T00:00:00Z", "2025-08-31T00:00:00Z"],
    ["0 0 last,1 * *", "2025-09-30T00:00:00Z", "2025-09-01T00:00:00Z"],
    ["0 0 last feb sun", "2027-02-28T00:00:00Z", "2021-02-28T00:00:00Z"],
    ["0 0 30,last 2 *", "2026-02-28T00:00:00Z", "2025-02-28T00:00:00Z"],
    ["0 0 * jan-mar *", "2026-01-01T00:00:00Z", "2025-03-31T00:00:00Z"],
    ["0 0 * * mon,wed,5", "2025-09-03T00:00:00Z", "2025-09-01T00:00:00Z"],
    ["0 0 * * mon-sun", "2025-09-03T00:00:00Z", "2025-09-02T00:00:00Z"],
    ["0 0 * * 6", "2025-09-07T00:00:00Z", "2025-08-31T00:00:00Z"],
    ["0 0 * * mon/2", "2025-09-08T00:00:00Z", "2025-09-01T00:00:00Z"],
    ["00 08 * * *", "2025-09-03T08:00:00Z", "2025-09-02T08:00:00Z"],
    ["* * * * *", "2025-09-02T12:07:00Z", "2025-09-02T12:06:00Z"],
    ["0 0 30 2 *", null, null],
    ["0 0 31 2,4-6/2 *", null, null],
  ])("find when %s is next and was last", (expression, next, previous) => {
    const now = Date.parse("2025-09-02T12:06:30Z");
    const found = [nextOccurrence(read(expression), now), previousOccurrence(read(expression), now)];
    expect(found.map((time) => stamp(time))).toEqual([next, previous]);
  });

  it.each([
    ["2025-09-02T12:06:59.999Z", "2025-09-02T12:07:00Z", "2025-09-02T12:06:00Z"],
    ["2025-09-02T12:07:00.000Z", "2025-09-02T12:07:00Z", "2025-09-02T12:07:00Z"],
    ["2025-09-02T12:07:00.001Z", "2025-09-02T12:08:00Z", "2025-09-02T12:07:00Z"],
    ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
  ])("find every minute around %s", (now, next, previous) => {
    const cron = read("* * * * *");
    const found = [nextOccurrence(cron, Date.parse(now)), previousOccurrence(cron, Date.parse(now))];
    expect(found.map((time) => stamp(time))).toEqual([next, previous]);
  });

  it("find what no other occurrence is nearer than", () => {
    fc.assert(
      fc.property(expressions, times, fc.double({ min: 0, max: 1, noNaN: true }), (expression, now, share) => {
        const cron = read(expression);
        const next = nextOccurrence(cron, now);
        const previous = previousOccurrence(cron, now);
        if (next === null || previous === null) {
          expect([next, previous]).toEqual([null, null]);
          return;
        }
        expect([previous <= now, next >= now, fits(cron, next), fits(cron, previous)]).toEqual([
          true,
          true,
          true,
          true,
        ]);
        const onThem = [nextOccurrence(cron, next), previousOccurrence(cron, next), nextOccurrence(cron, previous)];
        expect(onThem).toEqual([next, next, previous]);
        if (previous === next) return;
        expect([previousOccurrence(cron, next - 1), nextOccurrence(cron, previous + 1)]).toEqual([previous, next]);
        const between = previous + minute * Math.ceil(share * ((next - previous) / minute - 1));
        expect(between > previous && fits(cron, between)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe("parseCron()", () => {
  it.each([
    ["0 0 * * 7", "Error validating expression '7': the last value (7) is higher than the maximum value (6)"],
    ["0 0 0 * *", "Error validating expression '0': the first value (0) is lower than the minimum value (1)"],
    [
      "*/100 * * * *",
      "Error validating expression '*/100': the step value (100) is higher than the total range of the expression (59)",
    ],
    [
      "0 0 1-3/5 * *",
      "Error validating expression '1-3/5': the step value (5) is higher than the total range of the expression (2)",
    ],
    [
      "75/5 * * * *",
      "Error validating expression '75/5': the step value (5) is higher than the total range of the expression (-16)",
    ],
    ["*/0 * * * *", "Increment must be higher than 0"],
    ["0 0 * january *", 'Invalid month name "january"'],
    ["0 0 * * mon-xyz", 'Invalid weekday name "xyz"'],
    ["0 0 * * sunſ", 'Invalid weekday name "sunſ"'],
    ["? * * * *", 'Unrecognized expression "?" for field "minute"'],
    ["H * * * *", 'Unrecognized expression "H" for field "minute"'],
    ["0 0 L * *", 'Unrecognized expression "L" for field "day"'],
    ["0 0 mon * *", 'Unrecognized expression "mon" for field "day"'],
    ["0 0 * * 4#2", 'Unrecognized expression "4#2" for field "day_of_week"'],
    ["1,,2 * * * *", 'Unrecognized expression "" for field "minute"'],
    ["\uFEFF0 0 * * *", 'Unrecognized expression "\uFEFF0" for field "minute"'],
    ["0 0 * * fri-mon", "The minimum value in a range must not be higher than the maximum"],
    ["x y z 13 8", "Error validating expression '13': the last value (13) is higher than the maximum value (12)"],
    ["x y z 1 8", 'Unrecognized expression "z" for field "day"'],
    ["@daily", "Wrong number of fields; got 1, expected 5"],
    ["0 0 0 * * *", "Wrong number of fields; got 6, expected 5"],
    [" ", "Wrong number of fields; got 0, expected 5"],
  ])("refuses %s", (expression, message) => {
    expect(parseCron(expression)).toEqual({ ok: false, message });
  });
});

describe("cron expressions", () => {
  it("mean what APScheduler recorded", () => {
    const rows = recordings();
    const answers = rows.map(({ expression, now }) => {
      const parsed = parseCron(expression);
      return parsed.ok ? stamp(nextOccurrence(parsed.cron, Date.parse(now))) : parsed.message;
    });
    expect(rows.map((row, index) => ({ ...row, answer: answers[index] }))).toEqual(rows);
    expect(rows.length).toBe(700);
  });

  it.each([
    ["0 0 13 * fri", ["warning cron-days 5:18 schedule.cron"]],
    ["0 0 last * 0-6", ["warning cron-days 5:18 schedule.cron"]],
    ["0 0 13 * *", []],
    ["0 0 * * fri", []],
  ])("warn where both day fields are given: %s", (expression, expected) => {
    const all = shorts(parseLines(`schedule: {cron: '${expression}'}`));
    expect(all.filter((diagnostic) => diagnostic.includes("cron-days"))).toEqual(expected);
  });
});

const minute = 60_000;

function read(expression: string): Cron {
  const parsed = parseCron(expression);
  if (!parsed.ok) throw new Error(`${expression}: ${parsed.message}`);
  return parsed.cron;
}

/** Without milliseconds, which no occurrence has. */
function stamp(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString().replace(".000Z", "Z");
}

/** Whether something happens at this minute, field by field. */
function fits(cron: Cron, time: number): boolean {
  const date = new Date(time);
  const onLast = cron.day.last && new Date(time + 24 * 60 * minute).getUTCDate() === 1;
  return (
    cron.minute.values.has(date.getUTCMinutes()) &&
    cron.hour.values.has(date.getUTCHours()) &&
    (onLast || cron.day.values.has(date.getUTCDate())) &&
    cron.month.values.has(date.getUTCMonth() + 1) &&
    cron.weekday.values.has((date.getUTCDay() + 6) % 7)
  );
}

interface Recording {
  readonly expression: string;
  readonly now: string;
  /** The next occurrence, or why the expression is refused. */
  readonly answer: string | null;
}

/** Answers of APScheduler, recorded by the program beside them. */
function recordings(): readonly Recording[] {
  const Refused = z.strictObject({ expression: z.string(), message: z.string() });
  const Taken = z.strictObject({ expression: z.string(), now: z.string(), next: z.string().nullable() });
  const text = readFileSync(new URL("../fixtures/config/cron-expressions.json", import.meta.url), "utf8");
  return z
    .array(z.union([Refused, Taken]))
    .parse(JSON.parse(text))
    .map((row) =>
      "message" in row
        ? { expression: row.expression, now: "1970-01-01T00:00:00Z", answer: row.message }
        : { expression: row.expression, now: row.now, answer: row.next },
    );
}

const times = fc.oneof(
  fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2150, 0, 1) }),
  fc.integer({ min: 0, max: 94_000_000 }).map((minutes) => minutes * minute),
);

const expressions = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    fc.oneof(field(1, 31), field(29, 31), fc.constantFrom("last", "1,last", "LAST,30")),
    fc.oneof(field(1, 12), fc.constantFrom("feb", "feb,apr", "Jan-Mar")),
    fc.oneof(field(0, 6), fc.constantFrom("mon-fri", "sun", "SAT,sun")),
  )
  .map((fields) => fields.join(" "));

function field(low: number, high: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: low, max: high });
  const range = fc.tuple(value, value).map(([one, two]) => `${Math.min(one, two)}-${Math.max(one, two)}`);
  const step = fc.integer({ min: 1, max: high - low }).map((by) => `${low}-${high}/${by}`);
  const list = fc.array(fc.oneof(value.map(String), range, step), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    fc.constant("*"),
    list.map((parts) => parts.join()),
  );
}
