import type { Document } from "yaml";

import type { Diagnostic } from "../lib/diagnostics.ts";
import type { Issue } from "./schema/schema.ts";
import { parseDocument, type YamlProblem } from "./yaml/document.ts";
import { pathText, type Place, placer, type Span, spanOf } from "./yaml/places.ts";
import { readDocument } from "./yaml/read.ts";
import { decodeText } from "./yaml/text.ts";
import type { YamlValue } from "./yaml/value.ts";

/** A YAML file of the user's. */
export interface SourceBytes {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What a file says, and what is wrong with its YAML; no value where its structure is broken. */
export interface ReadSource {
  readonly file: string;
  readonly text: string;
  readonly place: (span: Span) => Place;
  readonly document: Document.Parsed | null;
  readonly value: YamlValue | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a file as YAML. Never throws, and takes bounded time and memory, whatever the bytes. */
export function readSource({ path: file, bytes }: SourceBytes): ReadSource {
  const decoded = decodeText(bytes);
  const { text } = decoded;
  const source = { file, text, place: placer(text) };
  if (!decoded.ok) {
    const { offset, ...problem } = decoded.problem;
    const diagnostic = diagnosticOf(source, { severity: "error", start: offset, end: offset + 1, ...problem });
    return { ...source, document: null, value: undefined, diagnostics: [diagnostic] };
  }
  const { document, problems } = parseDocument(text);
  const isBroken = problems.some(({ severity }) => severity === "error");
  const read = document === null || isBroken ? { value: null, problems: [] } : readDocument(document);
  const diagnostics = [...problems, ...read.problems].map((problem) => diagnosticOf(source, problem));
  return { ...source, document, value: isBroken ? undefined : read.value, diagnostics };
}

type Source = Pick<ReadSource, "file" | "text" | "place">;

function diagnosticOf(
  { file, text, place }: Source,
  { severity, code, message, hint, start, end, related }: YamlProblem,
): Diagnostic {
  return {
    severity,
    code,
    message: shortened(message),
    ...(hint === undefined ? {} : { hint: shortened(hint) }),
    file,
    ...place({ start, end: Math.max(start, Math.min(Math.max(end, start + 1), text.length)) }),
    ...(related === undefined
      ? {}
      : { related: { file, message: shortened(related.message), ...lineAndColumn(place, related.offset) } }),
  };
}

/** A problem of a property as a diagnostic with its place. */
export function locateIssue(
  { file, place, document }: Source & Pick<ReadSource, "document">,
  issue: Issue,
): Diagnostic {
  const { severity, code, message, hint, path, part, related } = issue;
  const span = document === null ? null : spanOf(document, path, part);
  const relatedSpan = document === null || related === undefined ? null : spanOf(document, related.path, "key");
  return {
    severity,
    code,
    message: shortened(message),
    ...(hint === undefined ? {} : { hint: shortened(hint) }),
    file,
    ...place(span ?? { start: 0, end: 0 }),
    path: pathText(path),
    ...(related === undefined || relatedSpan === null
      ? {}
      : { related: { file, message: shortened(related.message), ...lineAndColumn(place, relatedSpan.start) } }),
  };
}

/** Messages repeat what was written, which may be a whole file. */
const maxMessage = 500;

/** Longer messages are cut in the middle. */
function shortened(message: string): string {
  if (message.length <= maxMessage) return message;
  return `${message.slice(0, maxMessage - 100)}…${message.slice(-100)}`.toWellFormed();
}

function lineAndColumn(place: Source["place"], offset: number): { readonly line: number; readonly column: number } {
  const { line, column } = place({ start: offset, end: offset });
  return { line, column };
}

/** Diagnostics in the order in which a reader meets their places. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) => compare(a.file ?? "", b.file ?? "") || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
