import type { ServiceSpec } from "../config/spec.ts";
import { isSameJson } from "../lib/same.ts";
import { decode, encode, unreadable } from "./encode.ts";
import { directories, partPath, parts } from "./layout.ts";
import type { Part } from "./layout.ts";
import type { Lease } from "./lease-record.ts";
import type { Intent, ServiceRecord, ServiceState } from "./record.ts";
import { name as serviceName } from "./scalars.ts";
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
  if (path === partPath(part, name) && serviceName.safeParse(name).success) return { part, name, path, node };
  throw unreadable(path, `expected ${partPath(part, name === "" ? "NAME" : name)}, or no such file`);
}

/** What was read or written last, by its text: what is written is read again by its writer at once, and soon by others. */
const recent = new Map<string, { readonly path: string; readonly value: PartValue }>();

/** So many texts are kept as a few services need between a write and its readers. */
const mostRecent = 64;

/** Reads one part and checks that it is about the service that its path names. Equal texts are read as one value. */
export function decodePart(file: Pick<PartFile, "part" | "name" | "path">, text: string): PartValue {
  const known = recent.get(text);
  return known?.path === file.path ? known.value : remember(file.path, text, decodeText(file, text));
}

function remember(path: string, text: string, value: PartValue): PartValue {
  const [oldest] = recent.keys();
  if (recent.size >= mostRecent && oldest !== undefined) recent.delete(oldest);
  recent.set(text, { path, value });
  return value;
}

function decodeText(file: Pick<PartFile, "part" | "name" | "path">, text: string): PartValue {
  const { part, name, path } = file;
  switch (part) {
    case "record":
      return about(name, { part, value: decode(schema.record, text, path) }, path);
    case "intents":
      return about(name, { part, value: decode(schema.intents, text, path) }, path);
    case "lease":
      return { part, value: decode(schema.lease, text, path) };
  }
}

/** A part says itself which service it is about, as its path does. */
function about(name: string, value: PartValue, path: string): PartValue {
  if (value.part === "record" && value.value.name !== name)
    throw unreadable(path, `name: expected ${name}, got ${value.value.name}`);
  const stray = value.part === "intents" ? value.value.find((intent) => intent.service !== name) : undefined;
  if (stray !== undefined) throw unreadable(path, `service: expected ${name}, got ${stray.service}`);
  return value;
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

/** A part as its document and as everybody will read it; `null` where there is none: an empty journal is no file. */
export function encodePart(
  part: Part,
  name: string,
  state: ServiceState,
): { readonly text: string; readonly value: PartValue } | null {
  const given = partOf(part, state);
  if (given === null) return null;
  const path = partPath(part, name);
  const text = textOf(given, path);
  // What was checked is what will be read, and shares with the state before what did not change.
  const value = survivesJson(given)
    ? remember(path, text, about(name, given, path))
    : decodePart({ part, name, path }, text);
  return { text, value };
}

/** Specs that JSON is known to give back as they are. */
const surviving = new WeakSet<ServiceSpec>();

/** Schemas let nothing through that JSON would change; only specs are taken as they come. */
function survivesJson({ part, value }: PartValue): boolean {
  if (part !== "record") return true;
  return value.deployments.every(({ spec }) => {
    if (!surviving.has(spec) && isSameJson(JSON.parse(JSON.stringify(spec)), spec)) surviving.add(spec);
    return surviving.has(spec);
  });
}

function partOf(part: Part, { record, intents, lease }: ServiceState): PartValue | null {
  switch (part) {
    case "record":
      return record === null ? null : { part, value: record };
    case "intents":
      return intents.length === 0 ? null : { part, value: intents };
    case "lease":
      return lease === null ? null : { part, value: lease };
  }
}

function textOf(given: PartValue, path: string): string {
  switch (given.part) {
    case "record":
      return encode(schema.record, given.value, path);
    case "intents":
      return encode(schema.intents, given.value, path);
    case "lease":
      return encode(schema.lease, given.value, path);
  }
}
