import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import { createDemo } from "./support/demo.ts";
import type { Demo } from "./support/demo.ts";

const timeout = 180_000;
const settings = `policy:
  rollout: { startup: 10m, drain: 1s, bake: 0s }`;
const Leases = z.object({ leases: z.array(z.object({ service: z.string(), run: z.string(), attempt: z.number() })) });

/** The action's steps, as a runner runs them: inputs, and what one step leaves for the next. */
async function runnerFor(demo: Demo) {
  const files = { GITHUB_STATE: "state", GITHUB_OUTPUT: "output", GITHUB_STEP_SUMMARY: "summary" };
  const directory = demo.env["XDG_STATE_HOME"] ?? "";
  const env: Record<string, string> = {
    ...demo.env,
    GITHUB_ACTIONS: "true",
    GITHUB_REPOSITORY: "acme/shop",
    GITHUB_RUN_ID: "42",
    GITHUB_RUN_ATTEMPT: "2",
    GITHUB_WORKSPACE: demo.repository.path,
    INPUT_COMMAND: "apply",
  };
  for (const [name, file] of Object.entries(files)) {
    env[name] = join(directory, file);
    await writeFile(env[name], "");
  }
  const start = (step: "action" | "post", more: Readonly<Record<string, string>> = {}) =>
    execa(process.execPath, [join(import.meta.dirname, `../src/${step}.ts`)], {
      cwd: demo.repository.path,
      env: { ...env, ...more },
      reject: false,
      stdin: "ignore",
    });
  return {
    main: () => start("action"),
    async post(more: Readonly<Record<string, string>> = {}) {
      const text = await readFile(env["GITHUB_STATE"] ?? "", "utf8");
      const saved = [...text.matchAll(/^(\w+)<<(\S+)\n(.*)\n\2$/gm)].map(([, name, , value]) => [
        `STATE_${name}`,
        value,
      ]);
      return start("post", { ...z.record(z.string(), z.string()).parse(Object.fromEntries(saved)), ...more });
    },
  };
}

async function leasesOf(demo: Demo) {
  return Leases.parse(JSON.parse((await demo.run("state", "unlock", "--json")).stdout)).leases;
}

const ours = { service: "demo", run: "acme/shop/runs/42", attempt: 2 };

it("the action's last step gives back what the main step had when it was killed", { timeout }, async () => {
  await using demo = await createDemo({ settings });
  await demo.edit({ mode: "never-ready", replicas: 1 });
  const runner = await runnerFor(demo);
  const main = runner.main();
  onTestFinished(() => void main.kill("SIGKILL"));
  await expect.poll(() => leasesOf(demo), { timeout: 60_000 }).toEqual([ours]);

  // As long as it lives nothing is taken from it.
  expect((await runner.post()).exitCode).toBe(0);
  expect(await leasesOf(demo)).toEqual([ours]);
  main.kill("SIGKILL");
  await main;
  // Another attempt of the run, which may go on elsewhere, has its own.
  expect((await runner.post({ GITHUB_RUN_ATTEMPT: "3" })).exitCode).toBe(0);
  expect(await leasesOf(demo)).toEqual([ours]);

  const post = await runner.post();
  expect(post, post.stderr).toMatchObject({ exitCode: 0 });
  expect(post.stderr).toContain("Gave back demo: its run was killed");
  expect(await leasesOf(demo)).toEqual([]);
});

it("the action's last step does nothing where the main step ended by itself, or never began", { timeout }, async () => {
  await using demo = await createDemo({ settings });
  await demo.edit({ replicas: 1 });
  const runner = await runnerFor(demo);
  // Without git nothing but nothing can be done.
  expect(await runner.post({ PATH: "/nonexistent" })).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  const main = await runner.main();
  expect(main.exitCode, main.stderr).toBe(0);
  expect(await runner.post({ PATH: "/nonexistent" })).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
});
