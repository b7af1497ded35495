import { integer } from "../schema/numbers.ts";
import { type Fields, objectJson, readFields, unknownProperty } from "../schema/object.ts";
import { type At, invalid, type Invalid, type JsonSchema, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { nullable } from "../schema/words.ts";
import type { Range } from "../spec.ts";
import { isList, isMapping, type YamlValue } from "../yaml/value.ts";

interface RangeOf {
  /** A bound's schema. */
  readonly bound: Schema<number>;
  readonly expects: string;
  /** Of texts; see `rangePattern`. */
  readonly pattern: string;
  readonly print: (bound: number) => string;
}

/** A pattern of `A..B`, `A..`, `..B` and `A`, from that of a bound. */
export function rangePattern(bound: string): string {
  return `(?: *${bound} *(?:\\.\\. *(?:${bound} *)?)?| *\\.\\. *${bound} *)`;
}

/** `A..B`, `A..`, `..B`, a single value, or `{min, max}`; both ends belong to it. */
export function range({ bound, expects, pattern, print }: RangeOf): Schema<Range> {
  return {
    expects,
    json: () => ({
      title: expects,
      anyOf: [{ type: bound.json()["type"], pattern: `^${pattern}$` }, minMaxJson(bound)],
    }),
    read: (value, at) => {
      const bounds = readBounds(value, { bound, expects, at });
      if (bounds === invalid) return invalid;
      const { min, max } = bounds;
      if (min === null && max === null) return refuse(at, "Invalid empty range: ..");
      return min !== null && max !== null && min > max
        ? refuse(at, `Invalid range order: ${print(min)}..${print(max)}`)
        : bounds;
    },
  };
}

interface Reading {
  readonly bound: Schema<number>;
  readonly expects: string;
  readonly at: At;
}

function readBounds(value: YamlValue, { bound, expects, at }: Reading): Range | Invalid {
  if (isMapping(value)) return readMinMax(value, bound, at);
  if (isList(value) || value === null) return unexpected(expects, value, at);
  if (typeof value !== "string" || !value.includes("..")) {
    const single = bound.read(value, at);
    return single === invalid ? invalid : { min: single, max: single };
  }
  const written = value.replaceAll(" ", "");
  const dots = written.indexOf("..");
  const min = readBound(written.slice(0, dots), bound, at);
  const max = readBound(written.slice(dots + 2), bound, at);
  return min === invalid || max === invalid ? invalid : { min, max };
}

function readBound(written: string, bound: Schema<number>, at: At): number | null | Invalid {
  return written === "" ? null : bound.read(written, at);
}

function readMinMax(value: ReadonlyMap<string, YamlValue>, bound: Schema<number>, at: At): Range | Invalid {
  for (const key of value.keys()) if (!minMax.has(key)) unknownProperty(key, minMax, { at, known: undefined });
  return readFields(minMaxFields(bound), value, at);
}

function minMaxFields(bound: Schema<number>): Fields<Range> {
  const schema = nullable(bound);
  return {
    min: { schema, default: null, description: "The least, itself included; by default there is none.", example: 1 },
    max: { schema, default: null, description: "The most, itself included; by default there is none.", example: 4 },
  };
}

/** JSON Schema of a range's mapping. */
export function minMaxJson(bound: Schema<number>): JsonSchema {
  return { ...objectJson(minMaxFields(bound)), minProperties: 1 };
}

const minMax: ReadonlySet<string> = new Set(["min", "max"]);

/** Texts that are ranges of whole numbers. */
export const integerRangePattern = rangePattern("[-+]?[0-9][0-9_]*");

/** Whole numbers. */
export const integerRange = range({
  bound: integer(),
  pattern: integerRangePattern,
  expects: "a whole number or a range such as `2..4`, `2..` or `..4`",
  print: String,
});

/** A range as the reference prints it. */
export function formatRange({ min, max }: Range, print: (bound: number) => string = String): string {
  if (min !== null && min === max) return print(min);
  return `${min === null ? "" : print(min)}..${max === null ? "" : print(max)}`;
}

/** What lies in both ranges; `null` when nothing does. */
export function intersectRanges(a: Range, b: Range): Range | null {
  const min = a.min === null || b.min === null ? (a.min ?? b.min) : Math.max(a.min, b.min);
  const max = a.max === null || b.max === null ? (a.max ?? b.max) : Math.min(a.max, b.max);
  return min !== null && max !== null && min > max ? null : { min, max };
}
