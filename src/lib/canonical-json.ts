/** JSON values, as they are read from and written to documents. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** One text per meaning: keys sorted by code unit, `undefined` members left out, no white space. Equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  // A null prototype, so that a member named `__proto__` is data like any other.
  const result: Record<string, unknown> = { __proto__: null };
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) result[key] = sorted(member);
  }
  return result;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
