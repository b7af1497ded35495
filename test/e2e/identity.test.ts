import { cp, rename, rm } from "node:fs/promises";

import { execa } from "execa";
import { expect, it } from "vitest";

import { git } from "../../src/git/git.ts";
import { createDemo, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { tempDirectory } from "../support/temp-repository.ts";

const policy = `policy:
  rollout: { startup: 20s, drain: 5s, bake: 0s }`;
const cli = new URL("../../src/cli.ts", import.meta.url).pathname;

async function withForge(body: (demo: Demo, forge: { url: string; root: string }) => Promise<void>): Promise<void> {
  await using root = await tempDirectory();
  await git(["init", "--quiet", "--bare", "--initial-branch=main", `${root.path}/team.git`], { cwd: root.path });
  await git(["config", "http.receivepack", "true"], { cwd: `${root.path}/team.git` });
  await using forge = await startGitHttp(root.path, null);
  await using demo = await createDemo({ settings: `state: { remote: origin }\n${policy}` });
  await demo.repository.git("remote", "add", "origin", `${forge.url}/team.git`);
  await body(demo, { url: forge.url, root: root.path });
}

it("a repository that was renamed goes on with what it runs", { timeout: 120_000 }, async () => {
  await withForge(async (demo, { url, root }) => {
    await demo.edit({ version: "1" });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
    const before = await demo.processes();
    expect(before).toHaveLength(2);

    await rename(`${root}/team.git`, `${root}/renamed.git`);
    await demo.repository.git("remote", "set-url", "origin", `${url}/renamed.git`);
    expect((await shownBy(demo))?.replicas.map(({ status, ready }) => [status, ready])).toEqual([
      ["running", true],
      ["running", true],
    ]);
    const ticked = await demo.run("tick");
    expect(ticked.exitCode, ticked.stderr).toBe(0);
    expect(await demo.processes()).toEqual(before);

    await demo.edit({ version: "2" });
    const applied = await demo.run("apply", "-y");
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(await demo.processes()).toHaveLength(2);
    expect(await shownBy(demo)).toMatchObject({ status: "running", deployment: 1 });
  });
});

const actions = { GITHUB_ACTIONS: "true", GITHUB_SERVER_URL: "https://github.example", GITHUB_ACTOR: "ada" };

it("the workflow of a fork changes nothing of what it was forked from", { timeout: 120_000 }, async () => {
  await withForge(async (demo, { url, root }) => {
    await demo.edit({ version: "1" });
    const own = { ...actions, GITHUB_REPOSITORY_ID: "1" };
    await demo.repository.git("add", "--all");
    await demo.repository.git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-qm", "demo");
    expect(await demo.run("apply", "-y", own)).toMatchObject({ exitCode: 0 });
    const before = await demo.processes();

    await cp(`${root}/team.git`, `${root}/fork.git`, { recursive: true });
    await demo.repository.git("remote", "set-url", "origin", `${url}/fork.git`);
    const tip = (await git(["rev-parse", "dstack-state"], { cwd: `${root}/fork.git` })).text;
    for (const command of [["apply", "-y"], ["tick"], ["destroy", "demo", "-y"], ["ps"]]) {
      const refused = await demo.run(...command, { ...actions, GITHUB_REPOSITORY_ID: "2" });
      expect(refused.exitCode, refused.stderr).toBe(1);
      expect(refused.stderr).toContain("belongs to repository 1 of https://github.example");
      expect(refused.stderr).toContain("--adopt-branch");
    }
    expect(await demo.processes()).toEqual(before);
    expect((await git(["rev-parse", "dstack-state"], { cwd: `${root}/fork.git` })).text).toBe(tip);
    // Renamed or transferred, it has the same id.
    expect(await demo.run("tick", own)).toMatchObject({ exitCode: 0 });
    expect(await demo.processes()).toEqual(before);
    // Whoever goes on with it says so once.
    const theirs = { ...actions, GITHUB_REPOSITORY_ID: "3" };
    expect(await demo.run("state", "repair", "-y", theirs)).toMatchObject({ exitCode: 1 });
    const taken = await demo.run("state", "repair", "--adopt-branch", "-y", theirs);
    expect(taken.exitCode, taken.stderr).toBe(0);
    expect(taken.stderr).toContain("make the branch this repository's");
    expect(await demo.run("tick", theirs)).toMatchObject({ exitCode: 0 });
    expect(await demo.run("tick", own)).toMatchObject({ exitCode: 1 });
    expect(await demo.processes()).toEqual(before);
  });
});

it(
  "a repository that was moved goes on with what it runs, and a copy of one does not begin",
  { timeout: 120_000 },
  async () => {
    await using demo = await createDemo({ settings: policy });
    const { path } = demo.repository;
    await demo.edit({ version: "1" });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
    const before = await demo.processes();

    const elsewhere = async (...args: readonly string[]) =>
      execa(process.execPath, [cli, ...args], { cwd: `${path}-2`, env: demo.env, reject: false, stdin: "ignore" });
    await cp(path, `${path}-2`, { recursive: true });
    const copied = await elsewhere("tick");
    expect(copied.exitCode, copied.stderr).toBe(1);
    expect(copied.stderr).toMatch(/belongs to the repository in .*, which is still there/);

    await rename(path, `${path}-moved`);
    const moved = await elsewhere("tick");
    expect(moved.exitCode, moved.stderr).toBe(0);
    expect(await demo.processes()).toEqual(before);
    await rm(`${path}-2`, { recursive: true });
    await rename(`${path}-moved`, path);
    expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });
    expect(await demo.processes()).toEqual(before);
  },
);
