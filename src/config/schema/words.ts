import { isOddScalar, type YamlValue } from "../yaml/value.ts";
import { type At, invalid, type Invalid, type Schema, unexpected } from "./schema.ts";

const truths: ReadonlyMap<string, boolean> = new Map([
  ...["1", "on", "t", "true", "y", "yes"].map((word) => [word, true] as const),
  ...["0", "off", "f", "false", "n", "no"].map((word) => [word, false] as const),
]);

/** `true` or `false`, also as the words that the reference takes for them. */
export const boolean: Schema<boolean> = {
  expects: "`true` or `false`",
  json: () => ({ type: "boolean" }),
  read: (value, at) => {
    return readBoolean(value) ?? unexpected("`true` or `false`", value, at);
  },
};

/** The truth that the reference takes a value for; `null` for anything else. */
export function readBoolean(value: YamlValue): boolean | null {
  if (typeof value === "boolean") return value;
  const word = isOddScalar(value) ? value.value : value;
  return typeof word === "string" || typeof word === "number" ? (truths.get(String(word).toLowerCase()) ?? null) : null;
}

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
  return {
    ...schema,
    json: () => ({ anyOf: [schema.json(), { type: "null" }] }),
    read: (value, at) => (value === null ? null : schema.read(value, at)),
  };
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
