import { type Architecture, type Part, partOf } from "./document.ts";
import type { Import, Place, Source } from "./source.ts";

/** Where a rule is broken. */
export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** The most lines that a file may have without a reason in ARCHITECTURE.md. */
export const maxLines = 200;

type Rule = (source: Source, architecture: Architecture) => readonly Finding[];

interface Finding {
  readonly line: number;
  readonly message: string;
}

/** Every rule about one file. The rules of the whole, cycles and the map, stand in `checkArchitecture`. */
const rules: Readonly<Record<string, Rule>> = {
  "knows its part": ({ path }, { parts }) => (partOf(path, parts) === undefined ? [atHead("belongs to no part")] : []),
  "sees only lower parts": checkSight,
  "is pure where marked ○": checkPurity,
  "is short": ({ path, lines }, { long }) =>
    lines <= maxLines || long.has(path) ? [] : [atHead(`has ${lines} lines, and ARCHITECTURE.md gives no reason`)],
  "says what it is": ({ sentence }) => (sentence === null ? [atHead("has no doc comment")] : []),
  "has a kebab-case name": ({ path }) =>
    /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path) ? [] : [atHead("is no kebab-case name")],
  "has no default export": ({ defaultExport }) =>
    defaultExport === null ? [] : [{ line: defaultExport, message: "export default" }],
  "goes around no type": ({ holes }) => holes.map(({ what, line }) => ({ line, message: what })),
};

/** Every place where the sources break what ARCHITECTURE.md says. */
export function checkArchitecture(sources: readonly Source[], architecture: Architecture): readonly Violation[] {
  return [
    ...sources.flatMap((source) => checkFile(source, architecture)),
    ...checkCycles(sources),
    ...checkMap(sources, architecture),
    ...checkParts(architecture),
  ];
}

/** What makes a file impure by itself: imports of Node or of packages with effects, uses of clock, randomness, environment. */
export function impurities(source: Source, purePackages: readonly string[]): readonly Place[] {
  return [...source.imports.filter((one) => !isPureImport(one, purePackages)).map(asPlace), ...source.effects];
}

/** Backends by where they are named: they must be the same everywhere. */
export interface BackendNames {
  readonly folders: readonly string[];
  readonly registry: readonly string[];
  readonly docs: readonly string[];
}

/** The backends that the registry imports. */
export function registeredBackends(sources: readonly Source[]): readonly string[] {
  const registry = sources.find(({ path }) => path === "backends/registry.ts");
  const files = registry?.imports.flatMap(({ file }) => /^backends\/([^/]+)\//.exec(file ?? "")?.[1] ?? []);
  return [...new Set(files)];
}

/** Backends that lack a folder, a line in the registry, or a page in the docs. */
export function checkBackends(names: BackendNames): readonly Violation[] {
  const places = [
    ["folders", names.folders],
    ["registry", names.registry],
    ["docs", names.docs],
  ] as const;
  const all = new Set(places.flatMap(([, present]) => present));
  return places.flatMap(([place, present]) =>
    [...all]
      .filter((name) => !present.includes(name))
      .map((name) => ({
        rule: "has the same backends everywhere",
        path: `backends/${name}`,
        line: 1,
        message: `is not in the ${place}`,
      })),
  );
}

function checkFile(source: Source, architecture: Architecture): readonly Violation[] {
  return Object.entries(rules).flatMap(([rule, check]) =>
    check(source, architecture).map((finding) => ({ rule, path: source.path, ...finding })),
  );
}

function checkSight({ path, imports }: Source, { parts }: Architecture): readonly Finding[] {
  const own = partOf(path, parts);
  if (own === undefined) return [];
  return imports.flatMap((one) => {
    if (one.file === null || isSeen({ path, part: own }, one, parts)) return [];
    const seen = partOf(one.file, parts);
    const how = one.typesOnly ? "imports types of" : "imports";
    return [{ line: one.line, message: `${own.name} ${how} ${one.file}, which is of ${seen?.name ?? "no part"}` }];
  });
}

function isSeen(from: { readonly path: string; readonly part: Part }, one: Import, parts: readonly Part[]): boolean {
  const part = partOf(one.file ?? "", parts);
  if (part === undefined) return false;
  if (part.name === from.part.name) return !part.files.endsWith("/*/**") || sameFolder(from.path, one.file ?? "");
  return from.part.sees.some((sight) => sight.part === part.name && (one.typesOnly || !sight.typesOnly));
}

/** Parts such as `backends/*\/**` are a folder each, and none sees another. */
function sameFolder(a: string, b: string): boolean {
  return a.split("/").slice(0, 2).join("/") === b.split("/").slice(0, 2).join("/");
}

function checkPurity(source: Source, { map, purePackages }: Architecture): readonly Finding[] {
  const pure = new Map(map.map((entry) => [entry.path, entry.pure]));
  if (pure.get(source.path) !== true) return [];
  const effectful = source.imports.filter(
    ({ file, typesOnly }) => file !== null && !typesOnly && pure.get(file) === false,
  );
  return [...effectful.map(asPlace), ...impurities(source, purePackages)].map(({ what, line }) => ({
    line,
    message: what,
  }));
}

function isPureImport({ file, specifier, names, typesOnly }: Import, purePackages: readonly string[]): boolean {
  if (file !== null || typesOnly || specifier.endsWith(".json")) return true;
  if (specifier === "node:crypto") return !names.some((name) => name === "*" || name.startsWith("random"));
  return purePackages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

function asPlace({ specifier, line }: Import): Place {
  return { what: `imports ${specifier}`, line };
}

/** Imports of types count too: a cycle of types is two files that cannot be read one after the other. */
function checkCycles(sources: readonly Source[]): readonly Violation[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const violations: Violation[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      violations.push({ rule: "has no cycle", path, line: 1, message: [...trail.slice(start), path].join(" → ") });
      return;
    }
    if (done.has(path)) return;
    for (const { file } of byPath.get(path)?.imports ?? []) if (file !== null) visit(file, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return violations;
}

function checkMap(sources: readonly Source[], { map, long }: Architecture): readonly Violation[] {
  const rule = "is in the map";
  const mapped = new Map(map.map((entry) => [entry.path, entry]));
  const present = new Map(sources.map((source) => [source.path, source]));
  const absent = [...mapped.keys(), ...long.keys()].filter((path) => !present.has(path));
  const short = [...long.keys()].filter((path) => (present.get(path)?.lines ?? maxLines + 1) <= maxLines);
  return [
    ...sources
      .filter(({ path }) => !mapped.has(path))
      .map(({ path }) => ({ rule, path, line: 1, message: "is not in the map" })),
    ...absent.map((path) => ({ rule, path, line: 1, message: "is in ARCHITECTURE.md, and does not exist" })),
    ...short.map((path) => ({ rule, path, line: 1, message: "is listed as long, and is not" })),
    ...sources
      .filter(({ path, sentence }) => sentence !== null && mapped.has(path) && mapped.get(path)?.sentence !== sentence)
      .map(({ path }) => ({ rule, path, line: 1, message: "the map has another sentence: run `npm run generate`" })),
  ];
}

/** The table itself: each row sees only rows above it, so that imports go one way. */
function checkParts({ parts }: Architecture): readonly Violation[] {
  return parts.flatMap((part, index) => {
    const above = new Set(parts.slice(0, index).map(({ name }) => name));
    const below = part.sees.filter((sight) => !above.has(sight.part));
    return below.map((sight) => ({
      rule: "has parts in order",
      path: part.files,
      line: 1,
      message: `${part.name} sees ${sight.part}, which does not stand above it`,
    }));
  });
}

function atHead(message: string): Finding {
  return { line: 1, message };
}
