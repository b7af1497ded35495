import { strip } from "../../lib/blanks.ts";
import type { YamlValue } from "../yaml/value.ts";
import { isOddScalar } from "../yaml/value.ts";
import { type At, type Invalid, type JsonSchema, refuse, type Schema, trap, unexpected } from "./schema.ts";

interface Limits<Bound> {
  readonly expects?: string;
  readonly min?: number;
  readonly max?: Bound;
  readonly above?: number;
}

const digits = "\\d+(?:_\\d+)*";
/** Texts that are whole numbers. */
const integerPattern = `\\s*[-+]?${digits}\\s*`;
/** Texts that are numbers. */
const numberPattern = `\\s*[-+]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:[eE][-+]?\\d+)?\\s*`;

type NumberLimits = Limits<number>;
/** A bound beyond what `number` tells apart is given as a `bigint`. */
type IntegerLimits = Limits<number | bigint>;

/** A whole number, also as text. Fractions are cut off as the reference does, with a warning. */
export function integer(limits: IntegerLimits = {}): Schema<number> {
  const expects = limits.expects ?? `a whole number${bounds(limits)}`;
  return {
    expects,
    json: () => ({ type: ["integer", "string"], pattern: `^${integerPattern}$`, ...limitsJson(limits) }),
    read: (value, at) => {
      const read = readExact(value, at);
      if (read === null || (typeof limits.max !== "bigint" && !isSafe(read))) return unexpected(expects, value, at);
      return within(read, { ...limits, expects }, at);
    },
  };
}

/** A whole number in any form; `null` for anything else, and for what `number` cannot hold exactly. */
export function readInteger(value: YamlValue, at: At): number | null {
  const read = readExact(value, at);
  return read === null || !isSafe(read) ? null : Number(read);
}

function isSafe(read: bigint): boolean {
  return Number.isSafeInteger(Number(read));
}

function readExact(value: YamlValue, at: At): bigint | null {
  if (typeof value === "number") return BigInt(value);
  if (typeof value === "string") return parseWhole(value);
  if (typeof value === "boolean") return BigInt(readBooleanNumber(value, at));
  if (!isOddScalar(value)) return null;
  if (value.kind === "integer") {
    if (Number.isSafeInteger(value.value))
      trap(at, `\`${value.source}\` is read as ${value.text}`, `write ${value.text}`);
    return parseWhole(value.text);
  }
  if (!Number.isFinite(value.value)) return null;
  const read = Math.trunc(value.value);
  if (read !== value.value) trap(at, `\`${value.source}\` is read as ${read}`, `write ${read}`);
  return BigInt(read);
}

/** The number that the reference makes of a boolean. */
export function readBooleanNumber(value: boolean, at: At): 0 | 1 {
  const read = value ? 1 : 0;
  trap(at, `this is a boolean in YAML 1.1, which is read as ${read}`, "write the number");
  return read;
}

/** Longer texts are no number that anybody means. */
const maxDigits = 64;

/** Python's `int` of a text; `null` for anything else, and for what `number` cannot hold exactly. */
export function parseIntegerText(source: string): number | null {
  const read = parseWhole(source);
  return read === null || !isSafe(read) ? null : Number(read);
}

function parseWhole(source: string): bigint | null {
  const stripped = strip(source);
  if (stripped.length > maxDigits || !/^[-+]?\d+(?:_\d+)*$/.test(stripped)) return null;
  const digits = stripped.replaceAll(/[+_]/g, "");
  return digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
}

/** A number, also as text. */
export function number(limits: NumberLimits = {}): Schema<number> {
  const expects = limits.expects ?? `a number${bounds(limits)}`;
  return {
    expects,
    json: () => ({ type: ["number", "string"], pattern: `^${numberPattern}$`, ...limitsJson(limits) }),
    read: (value, at) => {
      const read = readNumber(value, at);
      return read === null ? unexpected(expects, value, at) : within(read, { ...limits, expects }, at);
    },
  };
}

/** A number in any form; `null` for anything else. */
export function readNumber(value: YamlValue, at: At): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return readBooleanNumber(value, at);
  if (typeof value === "string") return parseFloatText(value);
  return isOddScalar(value) && Number.isFinite(value.value) ? value.value : null;
}

/** Python's `float` of a text, without infinity and NaN. */
export function parseFloatText(source: string): number | null {
  const stripped = strip(source);
  if (stripped.length > maxDigits || !floatText.test(stripped)) return null;
  const read = Number(stripped.replaceAll("_", ""));
  return Number.isFinite(read) ? read : null;
}

const floatText = /^[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+(?:_\d+)*)?$/;

function within(
  read: number | bigint,
  { expects = "a number", min, max, above }: IntegerLimits,
  at: At,
): number | Invalid {
  const outside =
    (min !== undefined && read < min) || (max !== undefined && read > max) || (above !== undefined && read <= above);
  return outside ? refuse(at, `expected ${expects}, got ${read}`) : Number(read);
}

function limitsJson({ min, max, above }: IntegerLimits): JsonSchema {
  return {
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: Number(max) }),
    ...(above === undefined ? {} : { exclusiveMinimum: above }),
  };
}

function bounds({ min, max, above }: IntegerLimits): string {
  if (above !== undefined) return ` above ${above}`;
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}
