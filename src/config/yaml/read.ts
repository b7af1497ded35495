import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from "yaml";

import type { YamlProblem } from "./document.ts";
import { oddFloat, resolvePlain } from "./scalars.ts";
import type { YamlValue } from "./value.ts";
import { isList, isMapping, isOddScalar } from "./value.ts";

/** Values that aliases may add to a document, counted at each use. */
export const maxAliasExpansion = 10_000;

export interface ReadDocument {
  readonly value: YamlValue;
  readonly problems: readonly YamlProblem[];
}

/** What a document means: scalars resolved, aliases and merge keys followed, duplicate keys found in linear time. */
export function readDocument(document: Document.Parsed): ReadDocument {
  const reading: Reading = { problems: [], anchors: new Map(), expanded: 0, count: 0 };
  const value = readNode(document.contents, reading);
  return { value, problems: reading.problems };
}

interface Reading {
  readonly problems: YamlProblem[];
  /** `null` while the anchor's own node is being read: an alias to it there would have no end. */
  readonly anchors: Map<string, { readonly value: YamlValue; readonly count: number } | null>;
  expanded: number;
  /** Values read so far, those behind aliases included. */
  count: number;
}

function readNode(node: ParsedNode | null, reading: Reading): YamlValue {
  reading.count += 1;
  if (node === null) return null;
  if (isAlias(node)) return readAlias(node.source, node, reading);
  if (node.anchor === undefined) return readContent(node, reading);
  if (reading.anchors.has(node.anchor))
    problem(node, reading, { code: "yaml-alias", message: `\`&${node.anchor}\` is given twice` });
  const before = reading.count;
  reading.anchors.set(node.anchor, null);
  const value = readContent(node, reading);
  reading.anchors.set(node.anchor, { value, count: reading.count - before + 1 });
  return value;
}

function readContent(node: ParsedNode, reading: Reading): YamlValue {
  if (isScalar(node)) return readScalar(node, reading);
  if (isMap(node)) {
    if (node.tag !== undefined && node.tag !== "tag:yaml.org,2002:map") unknownTag(node, reading);
    return readMapping(node, reading);
  }
  if (!isSeq(node)) return null;
  if (node.tag !== undefined && node.tag !== "tag:yaml.org,2002:seq") unknownTag(node, reading);
  return node.items.map((item) => readNode(item, reading));
}

function readAlias(name: string, node: ParsedNode, reading: Reading): YamlValue {
  const anchor = reading.anchors.get(name);
  if (anchor === undefined)
    return problem(node, reading, { code: "yaml-alias", message: `nothing is called \`&${name}\` before this` });
  if (anchor === null) return problem(node, reading, { code: "yaml-alias", message: `\`*${name}\` contains itself` });
  reading.expanded += anchor.count;
  reading.count += anchor.count;
  if (reading.expanded <= maxAliasExpansion) return anchor.value;
  const known = reading.problems.some(({ code }) => code === "yaml-alias-expansion");
  return known
    ? null
    : problem(node, reading, {
        code: "yaml-alias-expansion",
        message: `aliases expand to more than ${maxAliasExpansion} values`,
      });
}

function readMapping(node: YAMLMap<ParsedNode, ParsedNode | null>, reading: Reading): ReadonlyMap<string, YamlValue> {
  const result = new Map<string, YamlValue>();
  const merges: ReadonlyMap<string, YamlValue>[] = [];
  const places = new Map<string, ParsedNode>();
  for (const { key, value } of node.items) {
    if (isScalar(key) && key.type === "PLAIN" && key.source === "<<") {
      merges.push(...readMerge(value ?? key, readNode(value, reading), reading));
      continue;
    }
    const name = readKey(key, reading);
    const read = readNode(value, reading);
    const first = name === null ? undefined : places.get(name);
    if (name === null) continue;
    if (first !== undefined) duplicate(name, first, { key, reading });
    else places.set(name, key);
    result.set(name, read);
  }
  for (const merge of merges) for (const [key, value] of merge) if (!result.has(key)) result.set(key, value);
  return result;
}

function readMerge(node: ParsedNode, value: YamlValue, reading: Reading): readonly ReadonlyMap<string, YamlValue>[] {
  const sources = isList(value) ? value : [value];
  const mappings = sources.filter((source) => isMapping(source));
  if (mappings.length < sources.length)
    problem(node, reading, { code: "yaml-merge", message: "`<<` takes a mapping or a list of mappings" });
  return mappings;
}

/** A key's text, as the reference's string keys have it; `null` for one that is no scalar. */
function readKey(node: ParsedNode, reading: Reading): string | null {
  const key = readNode(node, reading);
  if (typeof key === "string") return key;
  if (typeof key === "number") return String(key);
  if (isOddScalar(key)) return key.text;
  if (typeof key !== "boolean")
    return problem(node, reading, { code: "yaml-key", message: "expected a name as a key" });
  const text = key ? "True" : "False";
  const source = isScalar(node) ? node.source : text;
  const message = `the key \`${source}\` is a boolean in YAML 1.1, which is read as \`${text}\``;
  problem(node, reading, { code: "yaml-trap", message, hint: `write "${source}" in quotes`, severity: "warning" });
  return text;
}

function readScalar(node: Scalar.Parsed, reading: Reading): YamlValue {
  const { source, tag } = node;
  // Escapes can make what no program can be given.
  if (source.includes("\0"))
    return problem(node, reading, { code: "control-character", message: "the character U+0000 is not allowed" });
  if (!source.isWellFormed())
    return problem(node, reading, {
      code: "yaml-syntax",
      message: "this has half of a character",
      hint: "write the character itself",
    });
  // A lone `!` is no tag to PyYAML.
  if (tag === undefined || tag === "!") {
    const value = node.type === "PLAIN" ? resolvePlain(source) : source;
    return value === undefined
      ? problem(node, reading, { code: "yaml-syntax", message: `\`${source}\` has no meaning as a value` })
      : value;
  }
  if (tag === "tag:yaml.org,2002:str") return source;
  const value = resolvePlain(source) ?? null;
  if (tag === `tag:yaml.org,2002:${kindOf(value)}`) return value;
  if (tag === "tag:yaml.org,2002:float" && typeof value === "number") return oddFloat(value, source);
  return unknownTag(node, reading);
}

function kindOf(value: YamlValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int";
  if (isOddScalar(value)) return value.kind === "integer" ? "int" : value.kind;
  return "str";
}

function unknownTag(node: ParsedNode, reading: Reading): null {
  const tag = node.tag?.replace("tag:yaml.org,2002:", "!!");
  return problem(node, reading, { code: "yaml-tag", message: `the tag \`${tag}\` does not fit this value` });
}

function duplicate(name: string, first: ParsedNode, { key, reading }: { key: ParsedNode; reading: Reading }): void {
  const related = { offset: first.range[0], message: "first given here" };
  problem(key, reading, { code: "duplicate-key", message: `\`${name}\` is given twice`, related });
}

function problem(
  node: ParsedNode,
  reading: Reading,
  found: Pick<YamlProblem, "code" | "message"> & Partial<YamlProblem>,
): null {
  const [start, end] = node.range;
  if (reading.problems.length < maxProblems) reading.problems.push({ severity: "error", start, end, ...found });
  return null;
}

const maxProblems = 50;
