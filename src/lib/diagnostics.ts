/** What is wrong with an input, where, and what to do: made once, drawn as text, JSON and GitHub annotations. */
export interface Diagnostic {
  readonly severity: "error" | "warning" | "note";
  /** Stable, kebab-case, for programs: `unknown-property`, `yaml-syntax` … */
  readonly code: string;
  /** What was expected and what was got. */
  readonly message: string;
  /** What to do next, where there is more to say than the message. */
  readonly hint?: string;
  /** Relative to the repository's root (or as given, outside one), with `/`. */
  readonly file?: string;
  /** 1-based; columns count UTF-16 code units. The end is exclusive. */
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** Path of the property: `probes[0].url`. */
  readonly path?: string;
  /** A second place that belongs to it, such as the other of two exclusive fields. */
  readonly related?: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}
