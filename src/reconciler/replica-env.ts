import type { ServiceSpec } from "../config/spec.ts";

/** Values for a spec's `env`, from the spec or, for bare names, from whoever runs the pass; and the names that have none. */
export function envOf(
  spec: ServiceSpec,
  lookup: (name: string) => string | undefined,
): { readonly values: Readonly<Record<string, string>>; readonly missing: readonly string[] } {
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, literal] of Object.entries(spec.env)) {
    const value = literal ?? lookup(name);
    if (value === undefined) missing.push(name);
    else values.set(name, value);
  }
  return { values: Object.fromEntries(values), missing };
}
