import type { YamlValue } from "./value.ts";

/** What a plain (unquoted) scalar means under YAML 1.1 as PyYAML resolves it; `undefined` for `=` and `<<`, which mean nothing as a value. */
export function resolvePlain(source: string): YamlValue | undefined {
  if (source === "" || nulls.has(source)) return null;
  // Most scalars are words and sentences: none of the other forms begins with these letters.
  if (!mayBeSpecial.test(source)) return source;
  const boolean = booleans.get(source);
  if (boolean !== undefined) return boolean;
  if (float.test(source)) return { kind: "float", value: floatOf(source), source };
  if (integer.test(source)) return integerOf(source);
  if (timestamp.test(source)) return { kind: "timestamp", value: Number.NaN, source };
  return source === "=" || source === "<<" ? undefined : source;
}

/** The text that Python's `str` makes of a float. */
export function floatText(value: number): string {
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

function floatOf(source: string): number {
  const [sign, digits] = signed(source.replaceAll("_", "").toLowerCase());
  if (digits === ".inf") return sign * Number.POSITIVE_INFINITY;
  if (digits === ".nan") return Number.NaN;
  return sign * (digits.includes(":") ? sexagesimal(digits) : Number(digits));
}

function integerOf(source: string): YamlValue {
  const [sign, digits] = signed(source.replaceAll("_", ""));
  const value = sign * magnitudeOf(digits);
  return String(value) === source && Number.isSafeInteger(value) ? value : { kind: "integer", value, source };
}

function magnitudeOf(digits: string): number {
  if (digits.includes(":")) return sexagesimal(digits);
  if (digits.startsWith("0b") || digits.startsWith("0x")) return Number(digits);
  return digits.length > 1 && digits.startsWith("0") ? Number.parseInt(digits, 8) : Number(digits);
}

/** Base 60, the trap of YAML 1.1: `1:30` is 90. */
function sexagesimal(digits: string): number {
  return digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

function signed(source: string): readonly [1 | -1, string] {
  if (source.startsWith("-")) return [-1, source.slice(1)];
  return [1, source.startsWith("+") ? source.slice(1) : source];
}
