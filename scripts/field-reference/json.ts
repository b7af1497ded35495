/** A JSON Schema, or a part of one. */
export type Json = Readonly<Record<string, unknown>>;

/** A mapping, or one without members. */
export function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list, or one without items. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The alternatives of a schema, but for nothing; itself where there is only one. */
export function alternativesOf(json: Json): readonly Json[] {
  if (!("anyOf" in json)) return [json];
  return listOf(json["anyOf"])
    .map(recordOf)
    .filter((form) => form["type"] !== "null");
}
