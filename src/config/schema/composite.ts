import { isList, isMapping, type YamlValue } from "../yaml/value.ts";
import { nearest } from "./nearest.ts";
import {
  type At,
  child,
  type Field,
  invalid,
  type Invalid,
  type JsonSchema,
  maxIssues,
  refuse,
  report,
  type Schema,
  unexpected,
} from "./schema.ts";

/** One field for each property: forgetting one does not compile. */
export type Fields<T> = { readonly [Key in keyof T]-?: Field<T[Key]> };

interface ObjectOptions<T> {
  /** Rules between properties; run where every property is valid. */
  readonly check?: (value: T, at: At, given: ReadonlyMap<string, YamlValue>) => void;
  /** Keys that the reference once had or has elsewhere, and what to say of them. */
  readonly known?: Readonly<Record<string, string>>;
}

/** A mapping with these properties and no others. */
export function object<T extends object>(fields: Fields<T>, options: ObjectOptions<T> = {}): Schema<T> {
  const keys = new Set(Object.keys(fields));
  return {
    expects: "a mapping",
    json: () => objectJson(fields),
    read: (value, at) => {
      if (!isMapping(value)) return unexpected("a mapping", value, at);
      for (const key of value.keys()) if (!keys.has(key)) unknownProperty(key, keys, { at, known: options.known });
      const result = readFields(fields, value, at);
      if (result !== invalid) options.check?.(result, at, value);
      return result;
    },
  };
}

/** Reads every property, telling all problems; `invalid` when one had any. */
export function readFields<T extends object>(
  fields: Fields<T>,
  value: ReadonlyMap<string, YamlValue>,
  at: At,
): T | Invalid {
  const result = readValidFields(fields, value, at);
  return isComplete(result, fields) ? result : invalid;
}

/** The properties that are valid; problems of the others are told. */
export function readValidFields<T extends object>(
  fields: Fields<T>,
  value: ReadonlyMap<string, YamlValue>,
  at: At,
): Partial<T> {
  const result: Partial<T> = {};
  for (const key in fields) {
    const field = fields[key];
    const input = value.get(key);
    if (input !== undefined) {
      const read = field.schema.read(input, child(at, key));
      if (read !== invalid) result[key] = read;
    } else if (field.default !== undefined) {
      result[key] = field.default;
    } else {
      report(child(at, key), {
        code: "missing-property",
        message: `\`${key}\` is required`,
        hint: field.description,
        part: "key",
      });
    }
  }
  return result;
}

/** Whether every property is there. */
export function isComplete<T extends object>(value: Partial<T>, fields: Fields<T>): value is T {
  for (const key in fields) if (!(key in value)) return false;
  return true;
}

interface UnknownContext {
  readonly at: At;
  readonly known: Readonly<Record<string, string>> | undefined;
}

/** Reports a key that no property has, with the nearest that there is. */
export function unknownProperty(key: string, keys: ReadonlySet<string>, { at, known }: UnknownContext): void {
  if (at.issues.length >= maxIssues) return;
  const guess = nearest(key, keys);
  const hint =
    (known !== undefined && Object.hasOwn(known, key) ? known[key] : undefined) ??
    (guess === null ? `expected one of ${[...keys].join(", ")}` : `did you mean \`${guess}\`?`);
  report(child(at, key), { code: "unknown-property", message: `unknown property \`${key}\``, hint, part: "key" });
}

/** JSON Schema of a mapping with these properties. */
export function objectJson<T extends object>(fields: Fields<T>): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const key in fields) {
    const field: Field<unknown> = fields[key];
    properties[key] = fieldJson(field);
    if (field.default === undefined) required.push(key);
  }
  return {
    type: "object",
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function fieldJson({ schema, description, default: value, example }: Field<unknown>): JsonSchema {
  const shown = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return {
    description,
    ...schema.json(),
    ...(shown ? { default: value } : {}),
    ...(example === undefined ? {} : { examples: [example] }),
  };
}

interface ListLimits {
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A list of values of one kind. */
export function list<T>(
  item: Schema<T>,
  { minItems = 0, maxItems = Number.POSITIVE_INFINITY }: ListLimits = {},
): Schema<readonly T[]> {
  return {
    expects: "a list",
    json: () => ({
      type: "array",
      items: item.json(),
      ...(minItems > 0 ? { minItems } : {}),
      ...(Number.isFinite(maxItems) ? { maxItems } : {}),
    }),
    read: (value, at) => {
      if (!isList(value)) return unexpected("a list", value, at);
      if (value.length > maxItems) return refuse(at, `expected at most ${maxItems} items, got ${value.length}`);
      if (value.length < minItems)
        return refuse(at, minItems === 1 ? "expected a list that is not empty" : `expected at least ${minItems} items`);
      const result: T[] = [];
      for (const [index, element] of value.entries()) {
        const read = item.read(element, child(at, index));
        if (read !== invalid) result.push(read);
      }
      return result.length === value.length ? result : invalid;
    },
  };
}

/** One value or several, as a list. */
export function oneOrMore<T>(item: Schema<T>): Schema<readonly T[]> {
  const several = list(item);
  return {
    expects: `${item.expects}, or a list`,
    json: () => ({ anyOf: [item.json(), several.json()] }),
    read: (value, at) => {
      if (isList(value)) return several.read(value, at);
      const read = item.read(value, at);
      return read === invalid ? invalid : [read];
    },
  };
}

/** The first form whose kind of value fits decides; its problems are the ones told. */
export function forms<T>(
  expects: string,
  choices: readonly { readonly fits: (value: YamlValue) => boolean; readonly schema: Schema<T> }[],
): Schema<T> {
  return {
    expects,
    json: () => ({ anyOf: choices.map(({ schema }) => schema.json()) }),
    read: (value, at) => {
      const choice = choices.find(({ fits }) => fits(value));
      return choice === undefined ? unexpected(expects, value, at) : choice.schema.read(value, at);
    },
  };
}

/** A mapping of free names. */
export function mappingOf<T>(item: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    expects: "a mapping",
    json: () => ({ type: "object", additionalProperties: item.json() }),
    read: (value, at) => {
      if (!isMapping(value)) return unexpected("a mapping", value, at);
      const entries: [string, T][] = [];
      for (const [key, element] of value) {
        const read = item.read(element, child(at, key));
        if (read !== invalid) entries.push([key, read]);
      }
      return entries.length === value.size ? Object.fromEntries(entries) : invalid;
    },
  };
}
