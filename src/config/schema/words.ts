import { isOddScalar, type YamlValue } from "../yaml/value.ts";
import { type At, invalid, type Invalid, type JsonSchema, type Schema, unexpected, valuesOf } from "./schema.ts";

const truths: ReadonlyMap<string, boolean> = new Map([
  ...["1", "on", "t", "true", "y", "yes"].map((word) => [word, true] as const),
  ...["0", "off", "f", "false", "n", "no"].map((word) => [word, false] as const),
]);

/** `true` or `false`, also as the words that the reference takes for them. */
export const boolean: Schema<boolean> = {
  expects: "`true` or `false`",
  json: () => ({
    title: boolean.expects,
    type: ["boolean", "string", "integer"],
    pattern: `^(?:${[...truths.keys()].map(inAnyCase).join("|")})$`,
    minimum: 0,
    maximum: 1,
  }),
  read: (value, at) => {
    return readBoolean(value) ?? unexpected("`true` or `false`", value, at);
  },
};

/** A pattern of a word in capitals, small letters or both. */
export function inAnyCase(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/** What editors take for `true` or `false`: those who read YAML 1.2 hand on `yes` and `off` as texts. */
export const plainBoolean: JsonSchema = {
  type: ["boolean", "string"],
  pattern: `^(?:${["yes", "no", "on", "off", "true", "false"]
    .flatMap((word) => [word, `${word.charAt(0).toUpperCase()}${word.slice(1)}`, word.toUpperCase()])
    .join("|")})$`,
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
  return nullMeans<T | null>(schema, null);
}

/** `null`, or no value, stands for another value. */
export function nullMeans<T>(schema: Schema<T>, value: T): Schema<T> {
  return {
    ...schema,
    json: () => orNull(schema.json()),
    read: (input, at) => (input === null ? value : schema.read(input, at)),
  };
}

/** One more form: nothing. The fewer alternatives there are, the better do editors tell what is wrong. */
export function orNull(json: JsonSchema): JsonSchema {
  const { anyOf, type, enum: words } = json;
  if (anyOf !== undefined) return { ...json, anyOf: [...valuesOf(anyOf), { type: "null" }] };
  if (words !== undefined) return { ...json, enum: [...valuesOf(words), null] };
  return { ...json, type: [...valuesOf(type), "null"] };
}

/** A schema's value made into another, or refused with a reason, of which keywords of JSON Schema may tell as much as they can. */
export function transform<A, B>(
  schema: Schema<A>,
  make: (value: A, at: At) => B | Invalid,
  keywords: JsonSchema = {},
): Schema<B> {
  return {
    ...schema,
    json: () => ({ ...schema.json(), ...keywords }),
    read: (value, at) => {
      const read = schema.read(value, at);
      return read === invalid ? invalid : make(read, at);
    },
  };
}
