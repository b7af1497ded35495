import type { Diagnostic } from "../lib/diagnostics.ts";

/**
 * Diagnostics for people: place, severity, code and message, the source line with the place underlined, then the hint and
 * the related place. `sources` are the files' texts by path; a file that is not there is named only.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string>): string {
  const lines = new Map([...sources].map(([path, text]) => [path, text.split(/\r\n?|\n/)] as const));
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, lines)).join("\n");
}

type Lines = ReadonlyMap<string, readonly string[]>;

function renderDiagnostic(diagnostic: Diagnostic, lines: Lines): string {
  const { severity, code, message, hint, related } = diagnostic;
  const parts = [`${placeText(diagnostic)}${severity}[${code}]: ${printable(message)}`, ...frame(diagnostic, lines)];
  if (hint !== undefined) parts.push(`  hint: ${printable(hint)}`);
  if (related !== undefined) {
    parts.push(
      `  ${printable(related.file)}:${related.line}:${related.column}: ${printable(related.message)}`,
      ...frame(related, lines),
    );
  }
  return parts.map((line) => `${line}\n`).join("");
}

function placeText({ file, line, column }: Diagnostic): string {
  if (file === undefined) return "";
  return line === undefined ? `${printable(file)}: ` : `${printable(file)}:${line}:${column ?? 1}: `;
}

/** Longer lines are shown in part. */
const maxWidth = 100;

interface Framed {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

function frame(
  { file = "", line = 0, column = 1, endLine = line, endColumn = column }: Framed,
  lines: Lines,
): readonly string[] {
  const source = lines.get(file)?.[line - 1];
  if (source === undefined || source.trim() === "") return [];
  const from = column > maxWidth - 20 ? column - 20 : 0;
  const shown = source.slice(from, from + maxWidth);
  const start = Math.min(column - 1 - from, shown.length);
  const end = endLine > line ? shown.trimEnd().length : Math.min(endColumn - 1 - from, shown.length);
  const gutter = `  ${line} | `;
  const before = shown.slice(0, start).replaceAll(/[^\t]/g, " ");
  return [
    `${gutter}${printable(shown)}`,
    `${" ".repeat(gutter.length - 2)}| ${before}${"^".repeat(Math.max(1, end - start))}`,
  ];
}

/** What a file says must not move the reader's cursor. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) =>
      character === "\t" ? character : "\uFFFD",
    );
}
