/** What ARCHITECTURE.md says, as the test and the generator read it. */
export interface Architecture {
  /** In the document's order: a part sees none that stands below it. */
  readonly parts: readonly Part[];
  /** Packages that pure files may import: they have no clock, randomness or I/O of their own. */
  readonly purePackages: readonly string[];
  /** Files longer than the limit, with the reason. */
  readonly long: ReadonlyMap<string, string>;
  readonly map: readonly MapEntry[];
}

/** A row of the table of parts. */
export interface Part {
  readonly name: string;
  /** A file, a folder's own files (`backends/*.ts`), or a tree (`config/**`), from `src/`. */
  readonly files: string;
  readonly sees: readonly Sight[];
  readonly what: string;
}

/** Another part that a part may import; of some, nothing but types. */
export interface Sight {
  readonly part: string;
  readonly typesOnly: boolean;
}

/** A line of the map. */
export interface MapEntry {
  readonly path: string;
  readonly pure: boolean;
  readonly sentence: string;
}

/** Reads the marked sections of the document. Throws when one is missing or has another form. */
export function parseArchitecture(text: string): Architecture {
  return {
    parts: tableRows(section(text, "parts")).map(parsePart),
    purePackages: codes(section(text, "pure-packages")),
    long: new Map(listItems(section(text, "long-files")).map(parseLong)),
    map: listItems(section(text, "map")).map(parseEntry),
  };
}

/** The text between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function section(text: string, name: string): string {
  const [, rest] = text.split(`<!-- ${name} -->\n`);
  const [body, end] = rest?.split(`<!-- /${name} -->`) ?? [];
  if (body === undefined || end === undefined) throw new Error(`the page has no section "${name}"`);
  return body;
}

/** The document with another text between the marks of a section. */
export function replaceSection(text: string, name: string, body: string): string {
  return text.replace(`<!-- ${name} -->\n${section(text, name)}`, () => `<!-- ${name} -->\n${body}`);
}

/** The part that a file belongs to: the one that names it most closely. */
export function partOf(path: string, parts: readonly Part[]): Part | undefined {
  const own = parts.filter(({ files }) => matches(path, files));
  return own.toSorted((a, b) => closeness(b.files) - closeness(a.files))[0];
}

function matches(path: string, files: string): boolean {
  if (files.endsWith("/*/**"))
    return path.startsWith(files.slice(0, -4)) && path.split("/").length > files.split("/").length - 1;
  if (files.endsWith("/**")) return path.startsWith(files.slice(0, -2));
  if (files.endsWith("/*.ts"))
    return path.startsWith(files.slice(0, -4)) && path.split("/").length === files.split("/").length;
  return path === files;
}

function closeness(files: string): number {
  if (!files.includes("*")) return 3;
  return files.endsWith("/**") && !files.endsWith("/*/**") ? 1 : 2;
}

function parsePart(cells: readonly string[]): Part {
  const [name = "", files = "", sees = "", what = ""] = cells;
  return { name, files: codes(files)[0] ?? "", sees: parseSees(sees), what };
}

function parseSees(text: string): readonly Sight[] {
  if (text === "nothing") return [];
  return text
    .split(", ")
    .map((word) => ({ part: word.replace(/^types of /, ""), typesOnly: word.startsWith("types of ") }));
}

function parseLong(item: string): readonly [string, string] {
  const match = /^`([^`]+)`: (.+)$/.exec(item);
  if (match === null) throw new Error(`ARCHITECTURE.md: "${item}" is no long file with its reason`);
  return [match[1] ?? "", match[2] ?? ""];
}

function parseEntry(item: string): MapEntry {
  const match = /^([○●]) `([^`]+)` (.+)$/u.exec(item);
  if (match === null) throw new Error(`ARCHITECTURE.md: "${item}" is no line of a map`);
  return { pure: match[1] === "○", path: match[2] ?? "", sentence: match[3] ?? "" };
}

function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function listItems(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line.startsWith("- ") ? [line.slice(2).trim()] : []));
}

function codes(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
