import { type Document, isMap, isNode, isPair, isScalar, isSeq, type Node, type Pair } from "yaml";

/** A place in a text: 1-based lines and columns (UTF-16 code units), the end exclusive. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export type Path = readonly (string | number)[];

/** What of a property is meant: its key, its value, or both. */
export type Part = "key" | "value" | "whole";

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a property stands, or its nearest parent that does: `env.A` may be an item `A=…` of a list. */
export function spanOf(document: Document.Parsed, path: Path, part: Part): Span | null {
  let node: unknown = document.contents;
  let found: Pair | null = null;
  for (const key of path) {
    const next = member(node, key);
    if (next === null) return part === "key" ? spanOfFirst(node) : spanOfFound(found, node, "whole");
    found = isPair(next) ? next : null;
    node = isPair(next) ? next.value : next;
  }
  return spanOfFound(found, node, part);
}

/** Whether a property stands in the file, as itself. */
export function isThere(document: Document.Parsed, path: Path): boolean {
  let node: unknown = document.contents;
  for (const key of path) {
    const next = member(node, key);
    if (next === null) return false;
    node = isPair(next) ? next.value : next;
  }
  return true;
}

/** Offsets of a text as lines and columns. Lines end at `\n`, `\r\n` or `\r`; they are counted once, when first asked for. */
export function placer(text: string): (span: Span) => Place {
  let starts: readonly number[] | null = null;
  return ({ start, end }) => {
    starts ??= [0, ...Array.from(text.matchAll(/\r\n?|\n/g), ({ 0: ending, index }) => index + ending.length)];
    const first = position(starts, start);
    const last = position(starts, Math.max(start, end));
    return { line: first.line, column: first.column, endLine: last.line, endColumn: last.column };
  };
}

/** `probes[0].url` for `["probes", 0, "url"]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** The inverse of `pathText`; names that contain a dot stay whole only as far as `[` or `.` allow. */
export function parsePath(text: string): Path {
  return Array.from(text.matchAll(/\[(\d+)\]|[^.[\]]+/g), ([whole, index]) =>
    index === undefined ? whole : Number(index),
  );
}

function member(node: unknown, key: string | number): Pair | Node | null {
  if (isMap(node)) {
    return node.items.find((item) => isScalar(item.key) && item.key.source === String(key)) ?? null;
  }
  if (!isSeq(node)) return null;
  const item = typeof key === "number" ? node.items[key] : node.items.find((candidate) => assigns(candidate, key));
  return isNode(item) ? item : null;
}

function assigns(item: unknown, name: string): boolean {
  if (!isScalar(item)) return false;
  return item.source === name || item.source?.startsWith(`${name}=`) === true;
}

/** Where something is missing: the first key of what lacks it. */
function spanOfFirst(node: unknown): Span | null {
  const first = isMap(node) ? node.items[0] : undefined;
  return rangeOf(first?.key) ?? rangeOf(node);
}

function spanOfFound(pair: Pair | null, node: unknown, part: Part): Span | null {
  const key = pair === null ? null : rangeOf(pair.key);
  const value = rangeOf(node);
  if (part === "key" || value === null || (value.start === value.end && key !== null)) return key ?? value;
  if (part === "value" || key === null) return value;
  return { start: key.start, end: value.end };
}

function rangeOf(node: unknown): Span | null {
  const range = isNode(node) ? node.range : null;
  return range === null || range === undefined ? null : { start: range[0], end: range[1] };
}

function position(starts: readonly number[], offset: number): { readonly line: number; readonly column: number } {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
