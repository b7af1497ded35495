import { decode, encode, unreadable } from "./encode.ts";
import { directories, partPath, parts } from "./layout.ts";
import type { Part } from "./layout.ts";
import type { Intent, Lease, ServiceRecord, ServiceState } from "./record.ts";
import * as schema from "./schema.ts";
import type { FileNode, TreeNode } from "./tree.ts";
import { filesBelow } from "./tree.ts";

/** A file that holds a part of a service, as a tree lists it. */
export interface PartFile {
  readonly part: Part;
  readonly name: string;
  readonly path: string;
  readonly node: FileNode;
}

/** One decoded part, of whichever kind. */
export type PartValue =
  | { readonly part: "record"; readonly value: ServiceRecord }
  | { readonly part: "intents"; readonly value: readonly Intent[] }
  | { readonly part: "lease"; readonly value: Lease };

export const noState: ServiceState = { record: null, intents: [], lease: null };

/** Nodes are shared between trees: what was recognized once is recognized. */
const recognized = new WeakMap<FileNode, PartFile>();

/** Every part of every service in a tree. A file that has no place in the layout is an error: it may be a lost record. */
export function partFiles(tree: TreeNode): readonly PartFile[] {
  return parts.flatMap((part) =>
    filesBelow(tree, directories[part]).map(([path, node]) => {
      const file = recognized.get(node) ?? recognize(part, path, node);
      recognized.set(node, file);
      return file;
    }),
  );
}

function recognize(part: Part, path: string, node: FileNode): PartFile {
  const name = /([^/]+)\.json$/.exec(path)?.[1] ?? "";
  if (path === partPath(part, name)) return { part, name, path, node };
  throw unreadable(path, `expected ${partPath(part, name === "" ? "NAME" : name)}, or no such file`);
}

/** What was decoded last, by its text: what is written is read again by its writer at once, and soon by others. */
const decoded = new Map<string, { readonly path: string; readonly value: PartValue }>();

/** So many texts are kept as a few services need between a write and its readers. */
const mostDecoded = 64;

/** Reads one part and checks that it is about the service that its path names. Equal texts are read as one value. */
export function decodePart(file: Pick<PartFile, "part" | "name" | "path">, text: string): PartValue {
  const known = decoded.get(text);
  if (known?.path === file.path) return known.value;
  const value = decodeText(file, text);
  const [oldest] = decoded.keys();
  if (decoded.size >= mostDecoded && oldest !== undefined) decoded.delete(oldest);
  decoded.set(text, { path: file.path, value });
  return value;
}

function decodeText(file: Pick<PartFile, "part" | "name" | "path">, text: string): PartValue {
  const { part, name, path } = file;
  switch (part) {
    case "record": {
      const value = decode(schema.record, text, path);
      if (value.name !== name) throw unreadable(path, `name: expected ${name}, got ${value.name}`);
      return { part, value };
    }
    case "intents": {
      const value = decode(schema.intents, text, path);
      const stray = value.find((intent) => intent.service !== name);
      if (stray !== undefined) throw unreadable(path, `service: expected ${name}, got ${stray.service}`);
      return { part, value };
    }
    case "lease":
      return { part, value: decode(schema.lease, text, path) };
  }
}

/** The service with one part put in. */
export function withPart(state: ServiceState, part: PartValue): ServiceState {
  switch (part.part) {
    case "record":
      return { ...state, record: part.value };
    case "intents":
      return { ...state, intents: part.value };
    case "lease":
      return { ...state, lease: part.value };
  }
}

/** A part's document; `null` where there is none: an empty journal is no file. */
export function documentOf(part: Part, name: string, state: ServiceState): string | null {
  const { record, intents, lease } = state;
  const path = partPath(part, name);
  switch (part) {
    case "record":
      return record === null ? null : encode(schema.record, record, path);
    case "intents":
      return intents.length === 0 ? null : encode(schema.intents, intents, path);
    case "lease":
      return lease === null ? null : encode(schema.lease, lease, path);
  }
}
