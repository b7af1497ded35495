import type { YamlValue } from "../yaml/value.ts";
import { isOddScalar } from "../yaml/value.ts";
import { type At, type Invalid, type JsonSchema, refuse, type Schema, trap, unexpected } from "./schema.ts";

interface NumberLimits {
  readonly expects?: string;
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
}

const digits = "\\d+(?:_\\d+)*";
/** Texts that are whole numbers. */
const integerPattern = `\\s*[-+]?${digits}\\s*`;
/** Texts that are numbers. */
const numberPattern = `\\s*[-+]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:[eE][-+]?\\d+)?\\s*`;

/** A whole number, also as text. Fractions are cut off as the reference does, with a warning. */
export function integer(limits: NumberLimits = {}): Schema<number> {
  const expects = limits.expects ?? `a whole number${bounds(limits)}`;
  return {
    expects,
    json: () => ({ type: ["integer", "string"], pattern: `^${integerPattern}$`, ...limitsJson(limits) }),
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
  if (value.kind === "integer" || read !== value.value)
    trap(at, `\`${value.source}\` is read as ${read}`, `write ${read}`);
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
    json: () => ({ type: ["number", "string"], pattern: `^${numberPattern}$`, ...limitsJson(limits) }),
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
  return /^[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+)?$/.test(trimmed)
    ? Number(trimmed.replaceAll("_", ""))
    : null;
}

function within(read: number, { expects = "a number", min, max, above }: NumberLimits, at: At): number | Invalid {
  const outside =
    (min !== undefined && read < min) || (max !== undefined && read > max) || (above !== undefined && read <= above);
  return outside ? refuse(at, `expected ${expects}, got ${read}`) : read;
}

function limitsJson({ min, max, above }: NumberLimits): JsonSchema {
  return {
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(above === undefined ? {} : { exclusiveMinimum: above }),
  };
}

function bounds({ min, max, above }: NumberLimits): string {
  if (above !== undefined) return ` above ${above}`;
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}
