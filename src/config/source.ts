import type { Document } from "yaml";

import type { Diagnostic } from "../lib/diagnostics.ts";
import type { Issue } from "./schema/schema.ts";
import type { YamlValue } from "./yaml/value.ts";

import { parseDocument, type YamlProblem } from "./yaml/document.ts";
import { pathText, placeOf, spanOf } from "./yaml/places.ts";
import { readDocument } from "./yaml/read.ts";
import { decodeText } from "./yaml/text.ts";

/** A YAML file of the user's. */
export interface SourceBytes {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What a file says, and what is wrong with its YAML; a value only where nothing is. */
export interface ReadSource {
  readonly file: string;
  readonly text: string;
  readonly document: Document.Parsed | null;
  readonly value: YamlValue | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a file as YAML. Never throws, and takes bounded time and memory, whatever the bytes. */
export function readSource({ path: file, bytes }: SourceBytes): ReadSource {
  const decoded = decodeText(bytes);
  const { text } = decoded;
  const nothing = { file, text, document: null, value: undefined };
  if (!decoded.ok) {
    const { offset, ...problem } = decoded.problem;
    return { ...nothing, diagnostics: [diagnosticOf({ file, text }, { severity: "error", start: offset, end: offset + 1, ...problem })] };
  }
  const { document, problems } = parseDocument(text);
  const isBroken = problems.some(({ severity }) => severity === "error");
  const read = document === null || isBroken ? { value: null, problems: [] } : readDocument(document);
  const diagnostics = [...problems, ...read.problems].map((problem) => diagnosticOf({ file, text }, problem));
  const failed = diagnostics.some(({ severity }) => severity === "error");
  return { file, text, document, value: failed ? undefined : read.value, diagnostics };
}

interface Text {
  readonly file: string;
  readonly text: string;
}

function diagnosticOf({ file, text }: Text, { severity, code, message, hint, start, end, related }: YamlProblem): Diagnostic {
  return {
    severity,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    file,
    ...placeOf(text, { start, end: Math.min(Math.max(end, start + 1), Math.max(text.length, start)) }),
    ...(related === undefined ? {} : { related: { file, message: related.message, ...lineAndColumn(text, related.offset) } }),
  };
}

/** A problem of a property as a diagnostic with its place. */
export function locateIssue({ file, text, document }: Text & Pick<ReadSource, "document">, issue: Issue): Diagnostic {
  const { severity, code, message, hint, path, part, related } = issue;
  const span = document === null ? null : spanOf(document, path, part);
  const relatedSpan = document === null || related === undefined ? null : spanOf(document, related.path, "key");
  return {
    severity,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    file,
    ...(span === null ? { line: 1, column: 1, endLine: 1, endColumn: 1 } : placeOf(text, span)),
    path: pathText(path),
    ...(related === undefined || relatedSpan === null ? {} : { related: { file, message: related.message, ...lineAndColumn(text, relatedSpan.start) } }),
  };
}

function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const { line, column } = placeOf(text, { start: offset, end: offset });
  return { line, column };
}

/** Diagnostics in the order in which a reader meets their places. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((a, b) => compare(a.file ?? "", b.file ?? "") || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
