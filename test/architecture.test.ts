import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { parseArchitecture, replaceSection } from "../scripts/architecture/document.ts";
import { drawMap } from "../scripts/architecture/map.ts";
import { checkArchitecture, checkBackends, registeredBackends, type Violation } from "../scripts/architecture/rules.ts";
import { parseSource, readSources } from "../scripts/architecture/source.ts";

const root = new URL("../", import.meta.url);
const page = await readFile(new URL("ARCHITECTURE.md", root), "utf8");
const sources = await readSources(fileURLToPath(new URL("src", root)));

/** Violations as an editor can open them. */
function listed(violations: readonly Violation[]): readonly string[] {
  return violations.map(({ rule, path, line, message }) => `src/${path}:${line} (${rule}) ${message}`);
}

describe("ARCHITECTURE.md", () => {
  it("is what the sources do", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(listed(checkArchitecture(sources, parseArchitecture(page)))).toEqual([]);
  });

  it("has the map that `npm run generate` draws", () => {
    expect(replaceSection(page, "map", drawMap(sources, parseArchitecture(page)))).toBe(page);
  });

  it("names the backends that there are", async () => {
    const entries = await readdir(new URL("src/backends", root), { withFileTypes: true });
    const docs = await readdir(new URL("docs/backends", root));
    const names = {
      folders: entries.filter((entry) => entry.isDirectory()).map(({ name }) => name),
      registry: registeredBackends(sources),
      docs: docs.map((name) => name.replace(/\.md$/, "")),
    };
    expect(names.folders).toContain("local");
    expect(listed(checkBackends(names))).toEqual([]);
  });

  it("is the only place that imports @actions/core, beside the action", () => {
    const importers = sources.filter(({ imports }) => imports.some(({ specifier }) => specifier === "@actions/core"));
    expect(importers.map(({ path }) => path)).toEqual(["action.ts", "post.ts"]);
  });
});

/** A small tree that keeps every rule: what each row below breaks one of. */
const sound: Readonly<Record<string, string>> = {
  "lib/digest.ts": `import { createHash } from "node:crypto";\n/** Hashes. */\nexport const digest = createHash;\n`,
  "lib/clock.ts": `/** Time. */\nexport const clock = { now: () => Date.now() };\n`,
  "config/spec.ts": `import type { clock } from "../lib/clock.ts";\n/** A spec. */\nexport type Spec = typeof clock;\n`,
  "backends/backend.ts": `import type { Spec } from "../config/spec.ts";\n/** A backend. */\nexport type Backend = Spec;\n`,
  "backends/local/index.ts": `import type { Backend } from "../backend.ts";\n/** Local. */\nexport const local: Backend | null = null;\n`,
  "backends/ssh/index.ts": `/** Over ssh. */\nexport const ssh = null;\n`,
  "backends/registry.ts": `/** All of them. */\nexport const backends = { local: () => import("./local/index.ts"), ssh: () => import("./ssh/index.ts") };\n`,
};

const soundPage = `
<!-- parts -->
| part | files | sees | what it is |
| --- | --- | --- | --- |
| lib | \`lib/**\` | nothing | l |
| config | \`config/**\` | lib | c |
| backends | \`backends/*.ts\` | lib, config | b |
| backend | \`backends/*/**\` | lib, types of config, backends | o |
| registry | \`backends/registry.ts\` | backends, backend | r |
<!-- /parts -->
<!-- pure-packages -->
\`zod\`
<!-- /pure-packages -->
<!-- long-files -->
<!-- /long-files -->
<!-- map -->
- ○ \`lib/digest.ts\` Hashes.
- ● \`lib/clock.ts\` Time.
- ○ \`config/spec.ts\` A spec.
- ○ \`backends/backend.ts\` A backend.
- ● \`backends/local/index.ts\` Local.
- ● \`backends/ssh/index.ts\` Over ssh.
- ● \`backends/registry.ts\` All of them.
<!-- /map -->
`;

/** What the rules say of the sound tree with some files changed, and some text of the page replaced. */
function judge(files: Readonly<Record<string, string>>, edit: readonly [string, string] = ["", ""]): readonly string[] {
  const tree = Object.entries({ ...sound, ...files }).map(([path, text]) => parseSource(path, text));
  return listed(checkArchitecture(tree, parseArchitecture(soundPage.replace(...edit))));
}

const spec = (text: string) => ({ "config/spec.ts": `/** A spec. */\nexport const spec = 1;\n${text}\n` });

describe("the rules of the architecture", () => {
  it("accept a sound tree", () => {
    expect(judge({})).toEqual([]);
  });

  it.each([
    [
      "an import upwards",
      spec(`import "../backends/backend.ts";`),
      "config imports backends/backend.ts, which is of backends",
    ],
    [
      "types from above",
      spec(`import type { Backend } from "../backends/backend.ts";`),
      "config imports types of backends/backend.ts",
    ],
    ["a re-export upwards", spec(`export * from "../backends/backend.ts";`), "config imports backends/backend.ts"],
    [
      "a dynamic import upwards",
      spec(`export const a = () => import("../backends/backend.ts");`),
      "config imports backends/backend.ts",
    ],
    [
      "an import type expression upwards",
      spec(`export type A = import("../backends/backend.ts").Backend;`),
      "config imports types of",
    ],
    [
      "an import of a computed path",
      spec(`export const a = (b: string) => import(b);`),
      "(goes around no type) import(b)",
    ],
    [
      "a backend that imports values of config",
      { "backends/ssh/index.ts": `import "../../config/spec.ts";\n${sound["backends/ssh/index.ts"]}` },
      "backend imports config/spec.ts",
    ],
    [
      "a backend that sees another",
      { "backends/ssh/index.ts": `import "../local/index.ts";\n${sound["backends/ssh/index.ts"]}` },
      "backend imports backends/local/index.ts, which is of backend",
    ],
    [
      "a backend imported past the registry",
      { "backends/backend.ts": `/** A backend. */\nexport * from "./local/index.ts";` },
      "backends imports backends/local/index.ts",
    ],
    [
      "a cycle",
      {
        "lib/digest.ts": `/** Hashes. */\nexport * from "./clock.ts";`,
        "lib/clock.ts": `/** Time. */\nexport * from "./digest.ts";`,
      },
      "lib/digest.ts → lib/clock.ts → lib/digest.ts",
    ],
    [
      "a cycle of types",
      {
        "lib/digest.ts": `/** Hashes. */\nexport type * from "./clock.ts";`,
        "lib/clock.ts": `/** Time. */\nexport type * from "./digest.ts";`,
      },
      "(has no cycle)",
    ],
    ["a file that imports itself", spec(`export * from "./spec.ts";`), "config/spec.ts → config/spec.ts"],
    [
      "a pure file that imports an effect",
      spec(`import { clock } from "../lib/clock.ts";\nexport { clock };`),
      "(is pure where marked ○) imports ../lib/clock.ts",
    ],
    ["a pure file that imports node:fs", spec(`import "node:fs";`), "imports node:fs"],
    ["a pure file that imports fs", spec(`import "fs";`), "imports fs"],
    [
      "a pure file that imports randomness",
      spec(`import { randomUUID } from "node:crypto";\nexport { randomUUID };`),
      "imports node:crypto",
    ],
    ["a pure file that imports a package with effects", spec(`import "undici";`), "imports undici"],
    ["Date.now()", spec(`export const a = Date.now();`), "(is pure where marked ○) Date.now"],
    ["new Date()", spec(`export const a = new Date();`), "new Date()"],
    ["Date()", spec(`export const a = Date();`), "Date()"],
    ["Math.random()", spec(`export const a = Math.random();`), "Math.random"],
    ["process.env", spec(`export const a = process.env;`), "process.env"],
    ["performance.now()", spec(`export const a = performance.now();`), "performance.now"],
    ["crypto.randomUUID()", spec(`export const a = crypto.randomUUID();`), "crypto.randomUUID"],
    ["console.log()", spec(`console.log(1);`), "console.log"],
    ["fetch()", spec(`export const a = () => fetch("b");`), `fetch("b")`],
    ["setTimeout()", spec(`setTimeout(() => 1, 1);`), "setTimeout"],
    ["await", spec(`export const a = async (b: Promise<1>) => { await b; };`), "await b"],
    ["any", spec(`export let a: any;`), "(goes around no type) any"],
    ["any inside a type", spec(`export type A = Map<string, any[]>;`), "(goes around no type) any"],
    ["an assertion", spec(`export const a = (b: unknown) => b as string;`), "b as string"],
    ["an assertion of non-null", spec(`export const a = (b: string | null) => b!;`), "b!"],
    ["an enum", spec(`export enum A { B }`), "enum A { B }"],
    ["a default export", spec(`export default 1;`), "(has no default export)"],
    ["a long file", spec("\n".repeat(200)), "has 203 lines"],
    [
      "a file without a sentence",
      { "config/spec.ts": `export const spec = 1;` },
      "(says what it is) has no doc comment",
    ],
    ["a name that is not kebab-case", { "lib/Foo_bar.ts": `/** A. */\nexport const a = 1;` }, "is no kebab-case name"],
    ["a file of no part", { "other/foo.ts": `/** A. */\nexport const a = 1;` }, "belongs to no part"],
    ["a file that the map lacks", { "lib/foo.ts": `/** A. */\nexport const a = 1;` }, "is not in the map"],
    [
      "a sentence that the map has otherwise",
      { "config/spec.ts": `/** Another. */\nexport const spec = 1;` },
      "another sentence",
    ],
  ] as const)("refuse %s", (_, files, message) => {
    expect(judge(files).join("\n")).toContain(message);
  });

  it.each([
    [
      "a mapped file that does not exist",
      ["- ○ `lib/digest.ts`", "- ○ `lib/gone.ts` A.\n- ○ `lib/digest.ts`"],
      "lib/gone.ts:1 (is in the map) is in ARCHITECTURE.md, and does not exist",
    ],
    [
      "a long file that is short",
      ["<!-- /long-files -->", "- `lib/clock.ts`: why\n<!-- /long-files -->"],
      "is listed as long, and is not",
    ],
    ["parts in the wrong order", ["| nothing |", "| config |"], "lib sees config, which does not stand above it"],
    [
      "an effectful file marked ○",
      ["● `lib/clock.ts`", "○ `lib/clock.ts`"],
      "src/lib/clock.ts:2 (is pure where marked ○) Date.now",
    ],
  ] as const)("refuse a page with %s", (_, edit, message) => {
    expect(judge({}, edit).join("\n")).toContain(message);
  });

  it("allow `as const`, types of effects, and dates of given times", () => {
    const text = `import type { clock } from "../lib/clock.ts";\nexport const a = ["b"] as const;\nexport const c = (d: typeof clock, e: number) => [d, new Date(e)];`;
    expect(judge(spec(text))).toEqual([]);
  });

  it.each([
    {
      names: { folders: ["a", "b"], registry: ["a"], docs: ["a", "b"] },
      message: "src/backends/b:1 (has the same backends everywhere) is not in the registry",
    },
    {
      names: { folders: ["a"], registry: ["a"], docs: [] },
      message: "src/backends/a:1 (has the same backends everywhere) is not in the docs",
    },
    {
      names: { folders: [], registry: ["a"], docs: ["a"] },
      message: "src/backends/a:1 (has the same backends everywhere) is not in the folders",
    },
  ])("refuse backends $names", ({ names, message }) => {
    expect(listed(checkBackends(names))).toEqual([message]);
  });

  it("find the backends of the registry, lazy ones too", () => {
    expect(registeredBackends(Object.entries(sound).map(([path, text]) => parseSource(path, text)))).toEqual([
      "local",
      "ssh",
    ]);
  });
});

describe("the map", () => {
  it("marks what is new by what it imports, and changes no mark that was given", () => {
    const added = {
      "lib/new-effect.ts": `/** New. */\nexport const a = () => Math.random();`,
      "lib/near-effect.ts": `import { a } from "./new-effect.ts";\n/** Near. */\nexport const b = a;`,
      "lib/new-pure.ts": `/** Pure. */\nexport const c = 1;`,
      "lib/digest.ts": `/** Hashes. */\nexport const digest = Date.now();`,
    };
    const tree = Object.entries({ ...sound, ...added }).map(([path, text]) => parseSource(path, text));
    const lines = drawMap(tree, parseArchitecture(soundPage))
      .split("\n")
      .filter((line) => line.includes("`lib/"));
    expect(lines.toSorted()).toEqual([
      "- ○ `lib/digest.ts` Hashes.",
      "- ○ `lib/new-pure.ts` Pure.",
      "- ● `lib/clock.ts` Time.",
      "- ● `lib/near-effect.ts` Near.",
      "- ● `lib/new-effect.ts` New.",
    ]);
  });
});
