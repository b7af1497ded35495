/** What someone may put into a file to break whoever reads it. */
export interface HostileCase {
  readonly what: string;
  readonly bytes: () => Uint8Array;
  /** Codes of the errors that a service file with it has, each once. */
  readonly codes: readonly string[];
}

const encoder = new TextEncoder();

function text(what: string, make: () => string, ...codes: readonly string[]): HostileCase {
  return { what, bytes: () => encoder.encode(make()), codes };
}

const service = "type: service\nname: web\nport: 80\ncommands: [a]\n";

/** As many bytes as are still read, of a part over and over. */
function much(before: string, part: string): string {
  return before + part.repeat(Math.floor((250_000 - before.length) / part.length));
}

function withMuch(line: string, part: string, after = ""): string {
  return `${much(service + line, part)}${after}\n`;
}

/** Nine levels, each of nine uses of the one before. */
function aliasBomb(level: (name: string, uses: readonly string[]) => string): string {
  return Array.from({ length: 9 }, (_, index) =>
    level(
      `l${index}`,
      Array.from({ length: 9 }, () => (index === 0 ? "x" : `*l${index - 1}`)),
    ),
  ).join("\n");
}

function numbered(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("");
}

export const hostileCases: readonly HostileCase[] = [
  text("10 MB", () => "a".repeat(10_000_000), "file-too-large"),
  text("1 MB of duplicate keys", () => "a: 1\n".repeat(200_000), "file-too-large"),
  text("1 MB of brackets", () => "[".repeat(1_000_000), "file-too-large"),
  text("a million comments", () => "#\n".repeat(1_000_000), "file-too-large"),
  { what: "NUL bytes", bytes: () => new Uint8Array(200_000), codes: ["control-character"] },
  { what: "bytes that are no UTF-8", bytes: () => new Uint8Array(200_000).fill(0xff, 2), codes: ["encoding"] },
  { what: "half of a character", bytes: () => new Uint8Array([0xed, 0xa0, 0x80]), codes: ["encoding"] },
  {
    what: "UTF-16",
    bytes: () => new Uint8Array(200_000).fill(0x61).fill(0xff, 0, 1).fill(0xfe, 1, 2),
    codes: ["encoding"],
  },
  text("brackets", () => much("", "["), "yaml-depth"),
  text("brackets that close", () => much("", "[]"), "yaml-size"),
  text("braces", () => much("", "{a: "), "yaml-depth"),
  text("lists in lists on a line", () => much("", "- "), "yaml-depth"),
  text("keys in keys on a line", () => much("", "? "), "yaml-depth"),
  text("lists in lists on lines", () => numbered(700, (index) => `${" ".repeat(index)}-\n`), "yaml-depth"),
  text("mappings in mappings", () => numbered(700, (index) => `${" ".repeat(index)}a:\n`), "yaml-depth"),
  text("duplicate keys", () => numbered(14_000, () => "a: 1\n"), "yaml-size"),
  text("duplicate keys in braces", () => `{${numbered(11_000, () => "a: 1, ")}}`, "yaml-size"),
  text("unknown keys", () => numbered(14_000, (index) => `a${index}: 1\n`), "yaml-size"),
  text("unknown keys of a service", () => service + numbered(14_000, (index) => `a${index}: 1\n`), "yaml-size"),
  text("words", () => much("", "- a\n"), "yaml-size"),
  text("empty keys", () => much("", "?\n"), "yaml-size"),
  text("commas", () => much("[", ","), "yaml-size"),
  text("comments", () => much("", "#\n"), "yaml-size"),
  text("empty lines", () => much("", "\n"), "yaml-size"),
  text("tabs", () => much("", "\t"), "empty-file"),
  text("directives", () => numbered(50_000, () => "%a\n"), "yaml-size"),
  text("documents", () => much("", "---\n"), "yaml-documents"),
  text("anchors", () => much("", "&a "), "yaml-size"),
  text("an anchor", () => much("a: &", "a"), "missing-property"),
  text("a tag", () => much("a: !<", "a"), "yaml-syntax"),
  text("a tag of escapes", () => much("a: !", "%41"), "missing-property", "yaml-tag"),
  text("exclamation marks", () => much("a: ", "!"), "yaml-syntax"),
  text("aliases of nothing", () => numbered(20_000, () => "- *a\n"), "yaml-size"),
  text("a quote", () => much("a: '", "a"), "yaml-syntax"),
  text("quotes", () => much("a: ", "'"), "missing-property"),
  text("double quotes over lines", () => much('a: "', "\n"), "yaml-syntax"),
  text("escapes", () => much('a: "', "\\u0041"), "yaml-syntax"),
  text("a key without end", () => much("", "a"), "wrong-type"),
  text("a line of keys", () => much("", "a: "), "yaml-depth"),
  text("a line of colons", () => much("a", " :"), "yaml-depth"),
  text("words on lines", () => much("a: ", "b\n "), "missing-property"),
  text("block scalars", () => numbered(20_000, () => "- |\n"), "yaml-size"),
  text("a block scalar of empty lines", () => much("a: |+\n", " \n"), "missing-property"),
  text("sets", () => numbered(9_000, () => "- !!set {a}\n"), "yaml-size"),
  text("merges", () => numbered(6_000, () => "<<: {a: 1}\n"), "yaml-size"),
  text(
    "merges in merges",
    () => `${"{<<: ".repeat(90)}{${numbered(11_000, (index) => `a${index}: 1, `)}}${"}".repeat(90)}`,
    "yaml-size",
  ),
  text(
    "lists of lists of aliases",
    () => aliasBomb((name, uses) => `${name}: &${name} [${uses.join(", ")}]`),
    "missing-property",
    "yaml-alias-expansion",
  ),
  text(
    "merges of aliases",
    () =>
      aliasBomb(
        (name, uses) => `${name}: &${name} {a${name}: {${uses[0] === "x" ? "b: c" : `<<: [${uses.join(", ")}]`}}}`,
      ),
    "missing-property",
    "yaml-alias-expansion",
    "yaml-merge",
  ),
  text(
    "a long chain of anchors",
    () => numbered(3_500, (index) => (index === 0 ? "- &a0 {b: 1}\n" : `- &a${index} {<<: *a${index - 1}, c: 1}\n`)),
    "yaml-size",
  ),
  text("a list that contains itself", () => "a: &a [*a, *a]\n", "missing-property", "yaml-alias"),
  text("half of a character, escaped", () => `${service}image: "\\ud83d"\n`, "yaml-syntax"),
  text("U+0000, escaped", () => `${service}image: "a\\0b"\n`, "control-character"),
  text("a key named __proto__", () => `${service}__proto__: {port: 1}\n`, "unknown-property"),
  text("a key named constructor", () => `${service}constructor: {prototype: 1}\n`, "unknown-property"),
  text(
    "infinite resources",
    () =>
      `${service}resources: {memory: 1e999, disk: 1e999GB, shm_size: .inf, gpu: {compute_capability: "7.${"9".repeat(400)}"}}\n`,
    "invalid-value",
    "wrong-type",
  ),
  text("an infinite price", () => `${service}max_price: 1e999\n`, "wrong-type"),
  text(
    "an infinite duration",
    () => `${service}probes: [{type: http, interval: ${"9".repeat(400)}d}]\n`,
    "invalid-value",
  ),
  text("a number of 400 digits", () => `${service}replicas: ${"9".repeat(400)}\n`, "wrong-type"),
  text("a number of 250,000 digits", () => withMuch("replicas: ", "9"), "wrong-type"),
  text("a number of 250,000 digits in base 60", () => withMuch("replicas: 1", ":00"), "wrong-type"),
  text("a float of 250,000 digits", () => withMuch("replicas: 0.", "9")),
  text("underscores", () => withMuch("replicas: 1", "_", ".")),
  text("many replicas", () => `${service}replicas: 99999999999\n`, "invalid-value"),
  text("a wide range of replicas", () => `${service}replicas: 1..99999999999\n`, "invalid-value"),
  text("dots", () => withMuch("replicas: ", "."), "wrong-type"),
  text("a long cron expression", () => withMuch("schedule: {cron: '", "1 ", "'}"), "invalid-value"),
  text("a cron expression of many parts", () => withMuch('schedule: {cron: "', "*,", '* * * * *"}')),
  text("a long duration", () => withMuch("probes: [{type: http, interval: '1", " ", "x'}]"), "invalid-value"),
  text("a long size", () => withMuch("resources: {memory: '", "1", "x'}"), "invalid-value"),
  text("a long GPU", () => withMuch("resources: {gpu: '", "A:", "'}"), "invalid-value"),
  text("GPU names", () => withMuch("resources: {gpu: '", "A,", "'}"), "invalid-value"),
  text("a long CPU", () => withMuch("resources: {cpu: '", "1..", "'}"), "wrong-type"),
  text("a long name", () => `${much("type: service\nport: 80\ncommands: [a]\nname: ", "a-")}\n`, "invalid-value"),
  text("a long user", () => withMuch("user: '", " ", "x:'"), "invalid-value"),
  text("references", () => withMuch("probes: [{type: http, url: '/", "${{ env.A }}", "'}]"), "invalid-value"),
  text("open references", () => withMuch("registry_auth: {password: x, username: '", "${{", "'}"), "invalid-value"),
  text("dollars", () => withMuch("registry_auth: {password: x, username: '", "$", "'}")),
  text("an entry point without end", () => withMuch("image: x\nentrypoint: '\"", "\\\\", "'"), "invalid-value"),
  text("volumes", () => withMuch("volumes: ['", "a:", "']"), "invalid-value"),
  text("a path of steps up", () => withMuch("volumes: ['a:/", "../", "']"), "invalid-value"),
  text("tags", () => `${service}tags:\n${numbered(14_000, (index) => `  a${index}: "!"\n`)}`, "yaml-size"),
  text(
    "rate limits",
    () => `${service}rate_limits:\n${numbered(4_000, (index) => `- {rps: 1, prefix: /${index % 2_500}}\n`)}`,
    "yaml-size",
  ),
  text("probes", () => `${service}probes:\n${numbered(5_000, () => `- {type: http}\n`)}`, "invalid-value"),
  text("variables that are there twice", () => `${service}env:\n${numbered(14_000, () => "- A=1\n")}`, "yaml-size"),
];
