import { isMapping, type YamlValue } from "../yaml/value.ts";
import { nearest } from "./nearest.ts";
import {
  type At,
  child,
  type Field,
  invalid,
  type Invalid,
  type JsonSchema,
  maxIssues,
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

/** A mapping with some of these properties: what is left out says nothing. */
export function someOf<T extends object>(fields: Fields<T>): Schema<Partial<T>> {
  const keys = new Set(Object.keys(fields));
  return {
    expects: "a mapping",
    json: () => someOfJson(fields),
    read: (value, at) => {
      if (!isMapping(value)) return unexpected("a mapping", value, at);
      for (const key of value.keys()) if (!keys.has(key)) unknownProperty(key, keys, { at, known: undefined });
      const result: Partial<T> = {};
      let valid = true;
      for (const key in fields) {
        const input = value.get(key);
        if (input === undefined) continue;
        const read = fields[key].schema.read(input, child(at, key));
        if (read === invalid) valid = false;
        else result[key] = read;
      }
      return valid ? result : invalid;
    },
  };
}

function someOfJson<T extends object>(fields: Fields<T>): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const key in fields) {
    const { description, schema, example } = fields[key];
    properties[key] = { description, ...schema.json(), examples: [example] };
  }
  return { type: "object", properties, additionalProperties: false };
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

function fieldJson({ schema, description, example, deprecated, ...field }: Field<unknown>): JsonSchema {
  const byDefault = field.writtenDefault ?? (isScalar(field.default) ? field.default : undefined);
  return {
    description,
    ...schema.json(),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    examples: [example],
    ...(deprecated === undefined ? {} : { deprecated }),
  };
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
