import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { checkOut } from "./support/checkout.ts";

const exec = promisify(execFile);

const Description = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()).optional() });
const Packed = z.tuple([
  z.object({ filename: z.string(), size: z.number(), files: z.array(z.object({ path: z.string() })) }),
]);
const Lock = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() })),
});

const root = new URL("../", import.meta.url);
let directory = "";
let packed: z.infer<typeof Packed>[0];
let installed = "";

beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "pack-")));
  const clone = join(directory, "clone");
  await checkOut(clone);
  const { stdout } = await exec("npm", ["pack", "--json", "--pack-destination", directory], { cwd: clone });
  // What `prepack` prints comes before the answer.
  [packed] = Packed.parse(JSON.parse(stdout.slice(stdout.lastIndexOf("\n[") + 1)));
  await rm(clone, { recursive: true });
  installed = join(directory, "elsewhere");
  await mkdir(installed);
  await writeFile(join(installed, "package.json"), "{}");
  await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", join(directory, packed.filename)], {
    cwd: installed,
  });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Runs the installed command as a shell would. */
async function dstackGitops(...args: readonly string[]): Promise<string> {
  const { stdout } = await exec(join(installed, "node_modules/.bin/dstack-gitops"), [...args], { cwd: installed });
  return stdout;
}

describe("the package", () => {
  it("holds what users need, and nothing else", () => {
    const names = packed.files.map(({ path }) => path.replace(/^(dist\/.+)-[\w-]{8}\.js$/, "dist/CHUNK.js"));
    const expected = ["CHANGELOG.md", "LICENSE", "README.md", "bin/dstack-gitops.js", "dist/CHUNK.js"];
    expected.push("dist/cli.js", "dist/licenses.txt", "dist/replica-supervisor.js", "package.json");
    expect([...new Set(names)].toSorted()).toEqual(expected.toSorted());
  });

  it("needs no other package: everything is bundled, so it belongs to devDependencies", async () => {
    const description = Description.parse(JSON.parse(await readFile(new URL("package.json", root), "utf8")));
    expect(description.dependencies ?? {}).toEqual({});
  });

  it("is small", () => {
    expect(packed.size).toBeLessThan(1_500_000);
  });

  it("says its version", async () => {
    const { version } = Description.parse(JSON.parse(await readFile(new URL("package.json", root), "utf8")));
    expect(await dstackGitops("--version")).toBe(`${version}\n`);
  });

  it("helps", async () => {
    const help = await dstackGitops("--help");
    for (const command of ["validate", "plan", "apply", "watch", "destroy"]) expect(help).toContain(command);
  });

  it("validates the example", async () => {
    await cp(new URL("examples/quickstart", root), join(installed, "quickstart"), { recursive: true });
    const answer: unknown = JSON.parse(await dstackGitops("validate", "--json", "quickstart/.dstack.yml"));
    expect(answer).toMatchObject({ version: 1, services: [{ name: "quickstart" }], diagnostics: [] });
  });
});

describe("the lock file", () => {
  it("names no registry, and every platform's packages, or `npm ci` refuses it", async () => {
    const text = await readFile(new URL("package-lock.json", root), "utf8");
    expect(text).not.toContain('"resolved"');
    const { packages } = Lock.parse(JSON.parse(text));
    const locked = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, "")));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(wanted.length).toBeGreaterThan(50);
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });
});
