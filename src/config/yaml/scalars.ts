import type { OddScalar, YamlValue } from "./value.ts";

/**
 * What a plain (unquoted) scalar means under YAML 1.1 as PyYAML resolves it; `undefined` for what looks like something and is
 * nothing: `=`, `<<`, `0x_`, and days and times that there are not.
 */
export function resolvePlain(source: string): YamlValue | undefined {
  if (source === "" || nulls.has(source)) return null;
  // Most scalars are words and sentences: none of the other forms begins with these letters.
  if (!mayBeSpecial.test(source)) return source;
  const boolean = booleans.get(source);
  if (boolean !== undefined) return boolean;
  if (float.test(source)) return oddFloat(floatOf(source), source);
  if (integer.test(source)) return /^[-+]?0[bx]_+$/.test(source) ? undefined : integerOf(source);
  if (timestamp.test(source))
    return isTime(source) ? { kind: "timestamp", value: Number.NaN, text: source, source } : undefined;
  return source === "=" || source === "<<" ? undefined : source;
}

/** A float as it is read. */
export function oddFloat(value: number, source: string): OddScalar {
  return { kind: "float", value, text: floatText(value), source };
}

/** The text that Python's `str` makes of a float. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e16 || magnitude < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(value) ? `${value === 0 && Object.is(value, -0) ? "-0" : value}.0` : String(value);
}

const nulls = new Set(["~", "null", "Null", "NULL"]);
const mayBeSpecial = /^[-+.\d=<yYnNtTfFoO]/;

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
]);

const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const integer =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const timestamp =
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

function isTime(source: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (source.match(/\d+/g) ?? []).map(Number);
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return (
    year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  );
}

function floatOf(source: string): number {
  const [sign, digits] = signed(source.replaceAll("_", "").toLowerCase());
  if (digits === ".inf") return sign * Number.POSITIVE_INFINITY;
  if (digits === ".nan") return Number.NaN;
  return sign * (digits.includes(":") ? sexagesimal(digits) : Number(digits));
}

function integerOf(source: string): YamlValue {
  const [sign, digits] = signed(source.replaceAll("_", ""));
  const value = sign * magnitudeOf(digits);
  if (!Number.isSafeInteger(value))
    return { kind: "integer", value, text: `${sign < 0 ? "-" : ""}${exactText(digits)}`, source };
  const text = String(value);
  return text === source ? value : { kind: "integer", value, text, source };
}

function magnitudeOf(digits: string): number {
  return digits.includes(":") ? sexagesimal(digits) : Number(prefixed(digits));
}

/** Every digit, of a number too large for `number`. */
function exactText(digits: string): string {
  return digits.includes(":") ? String(sexagesimal(digits)) : String(BigInt(prefixed(digits)));
}

/** Digits as JavaScript reads them: a leading 0 is octal in YAML 1.1. */
function prefixed(digits: string): string {
  return /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
}

/** Base 60, the trap of YAML 1.1: `1:30` is 90. */
function sexagesimal(digits: string): number {
  return digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

function signed(source: string): readonly [1 | -1, string] {
  if (source.startsWith("-")) return [-1, source.slice(1)];
  return [1, source.startsWith("+") ? source.slice(1) : source];
}
