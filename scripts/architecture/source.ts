import { readFile, readdir } from "node:fs/promises";
import { dirname, join, normalize } from "node:path/posix";

import type { ESTree, ParseResult } from "rolldown/utils";
import { parseSync, Visitor } from "rolldown/utils";

/** One import or re-export, static or dynamic. */
export interface Import {
  /** Path from `src/`, such as `lib/digest.ts`; `null` for packages and Node's own modules. */
  readonly file: string | null;
  readonly specifier: string;
  readonly names: readonly string[];
  readonly typesOnly: boolean;
  readonly line: number;
}

/** What the rules need to know of one source file. */
export interface Source {
  /** Path from `src/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Uses of the clock, randomness, the environment or the outside. */
  readonly effects: readonly Place[];
  /** `any`, assertions and other ways around the compiler. */
  readonly holes: readonly Place[];
  readonly defaultExport: number | null;
  /** First sentence of the doc comment at the file's head, or of the export that the file is named after, or of the first export. */
  readonly sentence: string | null;
}

/** Something found in a file, as it is written there. */
export interface Place {
  readonly what: string;
  readonly line: number;
}

/** Every TypeScript file under a folder, read and parsed, sorted by path. */
export async function readSources(folder: string): Promise<readonly Source[]> {
  const entries = await readdir(folder, { recursive: true });
  const paths = entries.filter((path) => path.endsWith(".ts")).toSorted();
  return Promise.all(paths.map(async (path) => parseSource(path, await readFile(join(folder, path), "utf8"))));
}

/** Parses one file. Throws when it is not TypeScript. */
export function parseSource(path: string, text: string): Source {
  const parsed = parseSync(path, text);
  const problem = parsed.errors[0];
  if (problem !== undefined) throw new Error(`${path}: ${problem.message}`);
  const file: File = { path, text };
  const found = walk(file, parsed.program);
  return {
    path,
    lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0),
    imports: found.imports,
    effects: found.effects,
    holes: found.holes,
    defaultExport: found.defaultExport,
    sentence: firstSentence(mainComment(file, parsed)),
  };
}

interface File {
  readonly path: string;
  readonly text: string;
}

/** Members of globals that give another answer each time, or reach outside. `*`: any member. */
const effectfulMembers: ReadonlyMap<string, readonly string[]> = new Map([
  ["Date", ["now"]],
  ["Math", ["random"]],
  ["performance", ["*"]],
  ["process", ["*"]],
  ["console", ["*"]],
  ["crypto", ["randomUUID", "getRandomValues"]],
  ["AbortSignal", ["timeout"]],
  ["globalThis", ["*"]],
]);

const effectfulCalls: readonly string[] = [
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "Date",
];

function walk(file: File, program: ESTree.Program) {
  const imports: Import[] = [];
  const effects: Place[] = [];
  const holes: Place[] = [];
  let defaultExport: number | null = null;
  const at = (node: ESTree.Span): Place => ({ what: snippet(file.text, node), line: lineOf(file.text, node.start) });
  const add = (node: ESTree.Span, source: ESTree.Expression, how: { names: readonly string[]; typesOnly: boolean }) => {
    // An import of a computed path names no file: what it reaches cannot be proven, so it counts as a hole.
    if (source.type !== "Literal" || typeof source.value !== "string") holes.push(at(node));
    else imports.push({ ...resolve(file.path, source.value), ...how, line: lineOf(file.text, node.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node, node.source, bindingsOf(node)),
    ExportAllDeclaration: (node) => add(node, node.source, { names: [], typesOnly: node.exportKind === "type" }),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node, node.source, { names: [], typesOnly: node.exportKind === "type" });
    },
    ImportExpression: (node) => add(node, node.source, { names: [], typesOnly: false }),
    TSImportType: (node) => add(node, node.source, { names: [], typesOnly: true }),
    ExportDefaultDeclaration: (node) => {
      defaultExport = lineOf(file.text, node.start);
    },
    TSAnyKeyword: (node) => holes.push(at(node)),
    TSTypeAssertion: (node) => holes.push(at(node)),
    TSNonNullExpression: (node) => holes.push(at(node)),
    TSEnumDeclaration: (node) => holes.push(at(node)),
    TSAsExpression: (node) => {
      if (!isConst(node.typeAnnotation)) holes.push(at(node));
    },
    MemberExpression: (node) => {
      if (isEffectfulMember(node)) effects.push(at(node));
    },
    CallExpression: (node) => {
      if (node.callee.type === "Identifier" && effectfulCalls.includes(node.callee.name)) effects.push(at(node));
    },
    // Whoever waits, waits for something outside.
    AwaitExpression: (node) => effects.push(at(node)),
    NewExpression: (node) => {
      const clock = node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0;
      if (clock) effects.push(at(node));
    },
  }).visit(program);
  return { imports, effects, holes, defaultExport };
}

/** Data such as `package.json` is of no part. */
function resolve(from: string, specifier: string): Pick<Import, "file" | "specifier"> {
  const isSource = specifier.startsWith(".") && !specifier.endsWith(".json");
  return { specifier, file: isSource ? normalize(join(dirname(from), specifier)) : null };
}

function bindingsOf(node: ESTree.ImportDeclaration): Pick<Import, "names" | "typesOnly"> {
  const values = node.specifiers.filter((one) => !(one.type === "ImportSpecifier" && one.importKind === "type"));
  const names = values.map((one) =>
    one.type === "ImportSpecifier" && one.imported.type === "Identifier" ? one.imported.name : "*",
  );
  const typesOnly = node.importKind === "type" || (node.specifiers.length > 0 && values.length === 0);
  return { names: typesOnly ? [] : names, typesOnly };
}

function isConst(type: ESTree.TSType): boolean {
  return type.type === "TSTypeReference" && type.typeName.type === "Identifier" && type.typeName.name === "const";
}

function isEffectfulMember(node: ESTree.MemberExpression): boolean {
  if (node.object.type !== "Identifier") return false;
  const members = effectfulMembers.get(node.object.name) ?? [];
  const name = node.property.type === "Identifier" && !node.computed ? node.property.name : "*";
  return members.includes("*") || members.includes(name);
}

function mainComment(file: File, { program, comments }: ParseResult): string | undefined {
  const docs = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
  const before = ({ start }: ESTree.Span) =>
    docs.find(({ end }) => end <= start && file.text.slice(end, start).trim() === "");
  const first = program.body[0];
  const head = first?.type === "ImportDeclaration" ? before(first) : undefined;
  const exports = program.body.filter((node) => node.type === "ExportNamedDeclaration" && node.declaration !== null);
  const named = exports.find((node) => exportedName(node) === mainName(file.path));
  const main = [...(named === undefined ? [] : [named]), ...exports].map(before).find((doc) => doc !== undefined);
  return (head ?? main)?.value;
}

function exportedName(node: ESTree.Statement | ESTree.Directive): string | undefined {
  if (node.type !== "ExportNamedDeclaration" || node.declaration === null) return undefined;
  const { declaration } = node;
  const id = declaration.type === "VariableDeclaration" ? declaration.declarations[0]?.id : declaration.id;
  return id?.type === "Identifier" ? id.name.toLowerCase() : undefined;
}

/** `published-routes.ts` is named after `publishedRoutes` or `PublishedRoutes`. */
function mainName(path: string): string {
  return (path.split("/").at(-1) ?? "").replace(/\.ts$/, "").replaceAll("-", "");
}

function firstSentence(comment: string | undefined): string | null {
  if (comment === undefined) return null;
  const text = comment
    .replaceAll(/^\s*\*+ ?/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return /^.*?[.!?](?= |$)/.exec(text)?.[0] ?? (text === "" ? null : text);
}

function snippet(text: string, { start, end }: ESTree.Span): string {
  return text.slice(start, end).replaceAll(/\s+/g, " ").slice(0, 60);
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
