import { execFile, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);

/** Says which entry runs, under which arguments; waits for a signal when asked to. */
const entry = (name: string) => `
const [first] = process.argv.slice(2);
console.log(JSON.stringify({ entry: "${name}", args: process.argv.slice(2), pretended: process.versions.node }));
if (first === "exit") process.exitCode = Number(process.argv[3]);
if (first === "die") process.kill(process.pid, "SIGKILL");
if (first === "wait") {
  const timer = setInterval(() => {}, 1000);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      console.log(signal);
      clearInterval(timer);
      process.exitCode = 42;
    });
  }
  console.log("ready");
}
`;

/** Loaded before the launcher: makes this Node an older one for the launcher alone. */
const pretend = `
const version = process.env.PRETEND;
delete process.env.PRETEND;
if (version) Object.defineProperty(process, "versions", { value: { ...process.versions, node: version } });
`;

let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "launcher-"));
  await writeFile(join(root, "pretend.cjs"), pretend);
  const clone = [
    ["src/cli.ts", entry("sources")],
    ["dist/cli.js", entry("bundle")],
  ] as const;
  await layOut("packed", [["dist/cli.js", entry("bundle")]]);
  await layOut("clone", clone);
  await mkdir(join(root, "clone/node_modules/node/bin"), { recursive: true });
  await symlink(process.execPath, join(root, "clone/node_modules/node/bin/node"));
  await layOut("fresh-clone", clone);
});

afterAll(() => rm(root, { recursive: true, force: true }));

async function layOut(name: string, files: readonly (readonly [path: string, content: string])[]): Promise<void> {
  const all = [...files, ["package.json", `{"type":"module"}`]] as const;
  for (const [path, content] of all) {
    await mkdir(dirname(join(root, name, path)), { recursive: true });
    await writeFile(join(root, name, path), content);
  }
  await mkdir(join(root, name, "bin"));
  await copyFile(new URL("../../bin/dstack-gitops.js", import.meta.url), join(root, name, "bin/dstack-gitops.js"));
}

/** The command line of the launcher of one layout. */
function launch(layout: string, args: readonly string[], version = ""): [string, string[], { env: NodeJS.ProcessEnv }] {
  const line = ["--require", join(root, "pretend.cjs"), join(root, layout, "bin/dstack-gitops.js"), ...args];
  return [process.execPath, line, { env: { ...process.env, PRETEND: version } }];
}

describe("launcher", () => {
  it.each([
    { layout: "packed", version: "22.19.0", entry: "bundle" },
    { layout: "packed", version: "24.0.0", entry: "bundle" },
    { layout: "clone", version: "24.0.0", entry: "sources" },
    { layout: "clone", version: "20.20.2", entry: "sources" },
    { layout: "clone", version: "22.18.0", entry: "sources" },
  ])("runs the $entry of a $layout under Node $version", async ({ layout, version, entry: expected }) => {
    const { stdout } = await run(...launch(layout, ["a", "--b", "c d"], version));
    const old = version.startsWith("20.") || version === "22.18.0";
    expect(JSON.parse(stdout)).toEqual({
      entry: expected,
      args: ["a", "--b", "c d"],
      pretended: old ? process.versions.node : version,
    });
  });

  it.each([
    { layout: "packed", version: "22.18.0", says: "npx -p node@24" },
    { layout: "packed", version: "12.22.0", says: "npx -p node@24" },
    { layout: "fresh-clone", version: "20.20.2", says: "npm ci" },
  ])("says what to do when a $layout meets Node $version", async ({ layout, version, says }) => {
    const failure: unknown = await run(...launch(layout, [], version)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 2, stdout: "" });
    expect(failure).toHaveProperty(
      "stderr",
      expect.stringContaining(`needs Node 22.19 or newer; this is Node ${version}`),
    );
    expect(failure).toHaveProperty("stderr", expect.stringContaining(says));
  });

  it.each([
    { version: "24.0.0", args: ["exit", "6"], ends: { code: 6, signal: null } },
    { version: "20.20.2", args: ["exit", "6"], ends: { code: 6, signal: null } },
    { version: "20.20.2", args: ["die"], ends: { code: null, signal: "SIGKILL" } },
  ])("ends as $args does under Node $version", async ({ version, args, ends }) => {
    const failure: unknown = await run(...launch("clone", args, version)).catch((error: unknown) => error);
    expect(failure).toMatchObject(ends);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("hands %s to the clone's own Node, once", async (signal) => {
    const child = spawn(...launch("clone", ["wait"], "20.20.2"));
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (text.includes("ready")) child.kill(signal);
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(output.trimEnd().split("\n").slice(1)).toEqual(["ready", signal]);
    expect(code).toBe(42);
  });
});
