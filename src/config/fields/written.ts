import { type At, type Invalid, type Schema, unexpected, valuesOf } from "../schema/schema.ts";
import { isMapping } from "../yaml/value.ts";

interface Written<T> {
  readonly expects: string;
  /** Of the text, as far as a pattern can tell. */
  readonly pattern: string;
  readonly parse: (written: string, at: At) => T | Invalid;
}

/** A text with a grammar of its own, or a mapping. */
export function textOr<T>(mapping: Schema<T>, { expects, pattern, parse }: Written<T>): Schema<T> {
  return {
    expects,
    json: () => {
      const { anyOf = mapping.json() } = mapping.json();
      return {
        title: expects,
        anyOf: [{ type: "string", pattern }, ...valuesOf(anyOf)],
      };
    },
    read: (value, at) => {
      if (isMapping(value)) return mapping.read(value, at);
      return typeof value === "string" ? parse(value, at) : unexpected(expects, value, at);
    },
  };
}
