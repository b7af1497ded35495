import type { YamlValue } from "../yaml/value.ts";

import { isOddScalar } from "../yaml/value.ts";
import { type At, invalid, type Invalid, refuse, type Schema, trap, unexpected } from "./schema.ts";

interface TextLimits {
  readonly expects?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
}

/** Text. Numbers and booleans become the text that the reference makes of them, with a warning where that is not what was written. */
export function text(limits: TextLimits = {}): Schema<string> {
  const expects = limits.expects ?? "text";
  return {
    expects,
    json: () => ({ type: ["string", "number"], minLength: limits.minLength, maxLength: limits.maxLength, pattern: limits.pattern?.source }),
    read: (value, at) => {
      const read = readText(value, at);
      return read === null ? unexpected(expects, value, at) : limited(read, limits, at);
    },
  };
}

function limited(read: string, { expects, minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: TextLimits, at: At): string | Invalid {
  // Python counts code points.
  const length = read.length > maxLength || read.length < minLength * 2 ? Array.from(read).length : read.length;
  if (length < minLength) return refuse(at, minLength === 1 ? "expected text, got none" : `expected at least ${minLength} characters, got ${length}`);
  if (length > maxLength) return refuse(at, `expected at most ${maxLength} characters, got ${length}`);
  if (pattern !== undefined && !pattern.test(read)) return refuse(at, `expected ${expects ?? "text"} matching ${pattern.source}, got ${JSON.stringify(read)}`);
  return read;
}

/** The text of a scalar; `null` for anything else. */
export function readText(value: YamlValue, at: At): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") {
    const made = value ? "True" : "False";
    trap(at, `this is a boolean in YAML 1.1, which is read as the text \`${made}\``, "put it in quotes to keep the text as written");
    return made;
  }
  if (!isOddScalar(value) || value.kind === "timestamp") return null;
  const { text: made, source } = value;
  if (made !== source) trap(at, `\`${source}\` is the number ${made} in YAML 1.1, which is read as the text \`${made}\``, `write "${source}" in quotes`);
  return made;
}

interface NumberLimits {
  readonly expects?: string;
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
}

/** A whole number, also as text. Fractions are cut off as the reference does, with a warning. */
export function integer(limits: NumberLimits = {}): Schema<number> {
  const expects = limits.expects ?? `a whole number${bounds(limits)}`;
  return {
    expects,
    json: () => ({ type: ["integer", "string"], minimum: limits.min, maximum: limits.max, exclusiveMinimum: limits.above }),
    read: (value, at) => {
      const read = readInteger(value, at);
      return read === null ? unexpected(expects, value, at) : within(read, { ...limits, expects }, at);
    },
  };
}

/** A whole number in any form; `null` for anything else. */
export function readInteger(value: YamlValue, at: At): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "string") return parseIntegerText(value);
  if (typeof value === "boolean") {
    trap(at, `this is a boolean in YAML 1.1, which is read as ${value ? 1 : 0}`, "write the number");
    return value ? 1 : 0;
  }
  if (!isOddScalar(value) || !Number.isSafeInteger(Math.trunc(value.value))) return null;
  const read = Math.trunc(value.value);
  if (value.kind === "integer" || read !== value.value) trap(at, `\`${value.source}\` is read as ${read}`, `write ${read}`);
  return read;
}

/** Longer texts are no number that anybody means. */
const maxDigits = 64;

function parseIntegerText(source: string): number | null {
  if (source.length > maxDigits || !/^\s*[-+]?\d+(?:_\d+)*\s*$/.test(source)) return null;
  const read = Number(source.replaceAll("_", ""));
  return Number.isSafeInteger(read) ? read : null;
}

/** A number, also as text. */
export function number(limits: NumberLimits = {}): Schema<number> {
  const expects = limits.expects ?? `a number${bounds(limits)}`;
  return {
    expects,
    json: () => ({ type: ["number", "string"], minimum: limits.min, maximum: limits.max, exclusiveMinimum: limits.above }),
    read: (value, at) => {
      const read = readNumber(value);
      return read === null ? unexpected(expects, value, at) : within(read, { ...limits, expects }, at);
    },
  };
}

/** A number in any form; `null` for anything else. */
export function readNumber(value: YamlValue): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return parseFloatText(value);
  return isOddScalar(value) && Number.isFinite(value.value) ? value.value : null;
}

/** Python's `float` of a text, without infinity and NaN. */
export function parseFloatText(source: string): number | null {
  const trimmed = source.trim();
  if (trimmed.length > maxDigits) return null;
  return /^[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+)?$/.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : null;
}

function within(read: number, { expects = "a number", min, max, above }: NumberLimits, at: At): number | Invalid {
  const outside = (min !== undefined && read < min) || (max !== undefined && read > max) || (above !== undefined && read <= above);
  return outside ? refuse(at, `expected ${expects}, got ${read}`) : read;
}

function bounds({ min, max, above }: NumberLimits): string {
  if (above !== undefined) return ` above ${above}`;
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...["1", "on", "t", "true", "y", "yes"].map((word) => [word, true] as const),
  ...["0", "off", "f", "false", "n", "no"].map((word) => [word, false] as const),
]);

/** `true` or `false`, also as the words that the reference takes for them. */
export const boolean: Schema<boolean> = {
  expects: "`true` or `false`",
  json: () => ({ type: "boolean" }),
  read: (value, at) => {
    if (typeof value === "boolean") return value;
    const read = typeof value === "string" || typeof value === "number" ? truths.get(String(value).toLowerCase()) : undefined;
    return read ?? unexpected("`true` or `false`", value, at);
  },
};

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Schema<Word> {
  const expects = words.length === 1 ? `\`${words[0]}\`` : `one of ${words.map((word) => `\`${word}\``).join(", ")}`;
  return {
    expects,
    json: () => ({ enum: words }),
    read: (value, at) => words.find((word) => word === value) ?? unexpected(expects, value, at),
  };
}

/** `null`, or no value, stands for "not set". */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return { ...schema, read: (value, at) => (value === null ? null : schema.read(value, at)) };
}

/** A schema's value made into another, or refused with a reason. */
export function transform<A, B>(schema: Schema<A>, make: (value: A, at: At) => B | Invalid): Schema<B> {
  return {
    ...schema,
    read: (value, at) => {
      const read = schema.read(value, at);
      return read === invalid ? invalid : make(read, at);
    },
  };
}
