import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";

import type { JsonSchema } from "../../src/config/schema/schema.ts";
import { readSource } from "../../src/config/source.ts";
import { file } from "./parsing.ts";

// What an editor does not know it ignores; here it is a mistake.
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/** What an editor would mark in a value: `place message`, nothing where all is well. */
export function marks(schema: JsonSchema, value: unknown): readonly string[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate(value) ? [] : (validate.errors ?? []).map(said);
}

function said({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath} ${message ?? ""} ${JSON.stringify(params)}`;
}

/** A file as an editor hands it on that reads YAML 1.1, which has what was written as other numbers lost. */
export function plainText(text: string): unknown {
  return plain(readSource(file(text)).value);
}

/** The same, of a mapping. */
export function plainMapping(text: string): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(plainText(text));
}

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "object" && value !== null && "value" in value ? value.value : value;
}
