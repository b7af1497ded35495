import type { DiagnosticDocument } from "./documents.ts";

/** A note that GitHub shows at a line of the pull request. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly message: string;
  readonly place: {
    readonly title: string;
    readonly file?: string;
    readonly startLine?: number;
    readonly endLine?: number;
    readonly startColumn?: number;
    readonly endColumn?: number;
  };
}

const levels = { error: "error", warning: "warning", note: "notice" } as const;

/** Diagnostics as annotations. `prefix` leads from the workspace to the repository's root: empty, or ending in `/`. */
export function annotationsOf(diagnostics: readonly DiagnosticDocument[], prefix: string): readonly Annotation[] {
  return diagnostics.map((diagnostic) => ({
    level: levels[diagnostic.severity],
    message: diagnostic.hint === undefined ? diagnostic.message : `${diagnostic.message}\n${diagnostic.hint}`,
    place: { title: diagnostic.code, ...placeOf(diagnostic, prefix) },
  }));
}

function placeOf(diagnostic: DiagnosticDocument, prefix: string): Omit<Annotation["place"], "title"> {
  const { file, line, column, endLine = line, endColumn } = diagnostic;
  // A file of the home directory is not among those that a pull request shows.
  if (file === undefined || file.startsWith("~/")) return {};
  if (line === undefined || endLine === undefined) return { file: prefix + file };
  const lines = { file: prefix + file, startLine: line, endLine };
  // GitHub takes columns only within one line. Their end is inclusive there.
  if (line !== endLine || column === undefined || endColumn === undefined) return lines;
  return { ...lines, startColumn: column, endColumn: Math.max(column, endColumn - 1) };
}
