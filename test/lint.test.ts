import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const root = fileURLToPath(new URL("..", import.meta.url));

const Answer = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

/** One small file a rule: what the linter must refuse, so that nobody turns it off unseen. */
const refused = [
  { rule: "typescript(no-explicit-any)", code: `export const value: any = 1;` },
  { rule: "typescript(no-unsafe-assignment)", code: `export const value = JSON.parse("1");` },
  { rule: "typescript(no-unsafe-call)", code: `JSON.parse("1")();` },
  { rule: "typescript(no-unsafe-member-access)", code: `export const value = String(JSON.parse("1").name);` },
  { rule: "typescript(no-unsafe-return)", code: `export function value(): number { return JSON.parse("1"); }` },
  { rule: "typescript(no-unsafe-argument)", code: `String.raw(JSON.parse("1"));` },
  {
    rule: "typescript(no-unsafe-type-assertion)",
    code: `export function value(a: unknown): number { return a as number; }`,
  },
  { rule: "typescript(no-non-null-assertion)", code: `export const value = [1].find(Boolean)!;` },
  { rule: "typescript(no-floating-promises)", code: `Promise.resolve(1);` },
  { rule: "typescript(no-floating-promises)", code: `void Promise.resolve(1);` },
  { rule: "typescript(no-misused-promises)", code: `[1].forEach(async () => { await Promise.resolve(); });` },
  { rule: "typescript(await-thenable)", code: `await 1;` },
  {
    rule: "typescript(switch-exhaustiveness-check)",
    code: `export function value(a: "b" | "c"): number { switch (a) { case "b": return 1; } return 2; }`,
  },
  {
    rule: "typescript(consistent-type-imports)",
    code: `import { Server } from "node:http"; export const value: Server | null = null;`,
  },
  {
    rule: "import(no-cycle)",
    code: `import { other } from "./NAME.ts"; export const other2 = other; export { other2 as other };`,
  },
  { rule: "import(no-default-export)", code: `export default 1;` },
  { rule: "eslint(eqeqeq)", code: `export function value(a: unknown): boolean { return a == null; }` },
  { rule: "eslint(func-style)", code: `export const value = function (): number { return 1; };` },
  { rule: "eslint(no-console)", code: `console.log(1);` },
  {
    rule: "eslint(max-params)",
    code: `export function value(a: 1, b: 1, c: 1, d: 1, e: 1): number { return a + b + c + d + e; }`,
  },
  { rule: "eslint(no-warning-comments)", code: `// TODO: later` },
].map((row, index) => ({ ...row, name: `refused-${index}` }));

const clean = `/** Fine. */
export async function clean(): Promise<number> {
  const names = ["a"] as const;
  return names.length + (await Promise.resolve(1));
}
`;

let directory = "";
let found: ReadonlyMap<string, readonly string[]> = new Map();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lint-"));
  // Elsewhere, a tsconfig finds the types of Node only when told where they are.
  const compilerOptions = { typeRoots: [join(root, "node_modules/@types")] };
  const tsconfig = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["*.ts"] };
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify(tsconfig));
  await writeFile(join(directory, "clean.ts"), clean);
  await writeFile(join(directory, "Bad_Name.ts"), clean);
  for (const { name, code } of refused)
    await writeFile(join(directory, `${name}.ts`), `${code.replaceAll("NAME", name)}\nexport {};\n`);
  found = await lint(directory);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** The rules that each file breaks. */
async function lint(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const args = [join(root, "node_modules/oxlint/bin/oxlint"), "-c", join(root, ".oxlintrc.json"), "-f", "json", folder];
  const stdout = await promisify(execFile)(process.execPath, args, { cwd: root }).then(
    () => "",
    (failure: unknown) => z.object({ code: z.literal(1), stdout: z.string() }).parse(failure).stdout,
  );
  const { diagnostics } = Answer.parse(JSON.parse(stdout));
  const byFile = Map.groupBy(diagnostics, ({ filename }) => filename.split("/").at(-1) ?? filename);
  return new Map([...byFile].map(([file, list]) => [file, list.map(({ code }) => code)]));
}

describe("the linter", () => {
  it.each(refused)("refuses $code ($rule)", ({ name, rule }) => {
    expect(found.get(`${name}.ts`) ?? []).toContain(rule);
  });

  it("refuses file names that are not kebab-case", () => {
    expect(found.get("Bad_Name.ts")).toEqual(["unicorn(filename-case)"]);
  });

  it("accepts a clean file", () => {
    expect(found.get("clean.ts") ?? []).toEqual([]);
  });
});
