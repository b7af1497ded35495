import type { Json } from "../lib/canonical-json.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";

/** Diagnostics as they stand in every JSON document. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): Json {
  return diagnostics.map((diagnostic) => ({
    ...diagnostic,
    ...(diagnostic.related === undefined ? {} : { related: { ...diagnostic.related } }),
  }));
}
