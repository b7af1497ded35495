import { readSource } from "../../src/config/source.ts";
import { isList, isMapping, isOddScalar, type YamlValue } from "../../src/config/yaml/value.ts";
import { file } from "./parsing.ts";

/** A line of `test/fixtures/config/pyyaml/answers.jsonl`. */
export interface Answer {
  readonly text: string;
  /** As `generate.py` writes values; absent where PyYAML refuses the text. */
  readonly value?: unknown;
  readonly error?: string;
  readonly duplicates?: boolean;
}

export const refused = "refused";

/** What PyYAML says, with keys as the texts that the reference makes of them. */
export function expectedOf({ value, error, duplicates }: Answer): unknown {
  if (error !== undefined || duplicates === true) return refused;
  return hasOther(value) ? refused : comparable(value);
}

/** What the program reads, in the same notation. */
export function readOf(text: string): unknown {
  const { value, diagnostics } = readSource(file(text));
  return value === undefined || diagnostics.some(({ severity }) => severity === "error") ? refused : encoded(value);
}

function encoded(value: YamlValue): unknown {
  if (typeof value === "number") return { int: String(value) };
  if (isList(value)) return value.map(encoded);
  if (isMapping(value)) return { map: inOrder([...value].map(([key, member]) => [key, encoded(member)])) };
  if (!isOddScalar(value)) return value;
  if (value.kind === "timestamp") return { date: true };
  return value.kind === "float" ? { float: value.text } : { int: value.text };
}

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  if ("date" in value) return { date: true };
  if (!("map" in value) || !Array.isArray(value.map)) return value;
  return {
    map: inOrder(value.map.map(([key, member]: readonly [unknown, unknown]) => [keyText(key), comparable(member)])),
  };
}

type Entry = readonly [string, unknown];

/** What `<<` merges stands first there; an order of names means nothing. */
function inOrder(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "boolean") return key ? "True" : "False";
  if (typeof key !== "object" || key === null) return String(key);
  return String("int" in key ? key.int : "float" in key ? key.float : undefined);
}

/** Values that no property of the reference takes: bytes, sets, tuples, and keys that are no names. */
function hasOther(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasOther);
  if (typeof value !== "object" || value === null) return false;
  if ("other" in value) return true;
  if (!("map" in value) || !Array.isArray(value.map)) return false;
  return value.map.some(([key, member]: readonly [unknown, unknown]) => isNoName(key) || hasOther(member));
}

function isNoName(key: unknown): boolean {
  return key === null || (typeof key === "object" && !("int" in key) && !("float" in key));
}
