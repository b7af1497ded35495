/**
 * A YAML document as the reference's parser (PyYAML `safe_load`, YAML 1.1) reads it, as immutable data. A whole number
 * in canonical decimal is a number; every other number keeps its source, because its text is lost on the way.
 */
export type YamlValue =
  | null
  | boolean
  | number
  | string
  | OddScalar
  | readonly YamlValue[]
  | ReadonlyMap<string, YamlValue>;

/** A scalar whose written form says more than its value: floats, numbers in other notations, timestamps. */
export interface OddScalar {
  readonly kind: "integer" | "float" | "timestamp";
  /** Not a number for timestamps. */
  readonly value: number;
  /** The text that the reference makes of it: Python's `str`. */
  readonly text: string;
  /** As it stands in the file. */
  readonly source: string;
}

export function isList(value: YamlValue | undefined): value is readonly YamlValue[] {
  return Array.isArray(value);
}

export function isMapping(value: YamlValue | undefined): value is ReadonlyMap<string, YamlValue> {
  return value instanceof Map;
}

export function isOddScalar(value: YamlValue | undefined): value is OddScalar {
  return typeof value === "object" && value !== null && "kind" in value;
}

/** What a value is, for messages: `expected a string, got a list`. */
export function describeValue(value: YamlValue): string {
  if (value === null) return "nothing";
  if (typeof value === "boolean") return `the boolean \`${value}\``;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "string") return `the text ${quote(value)}`;
  if (isList(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isMapping(value)) return "a mapping";
  return value.kind === "timestamp" ? `the date ${value.source}` : `the number ${value.source}`;
}

function quote(text: string): string {
  return text.length > 60 ? `${JSON.stringify(text.slice(0, 57))}…` : JSON.stringify(text);
}
