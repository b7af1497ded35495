import { rm } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { git } from "../../src/git/git.ts";
import { createDemo, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { stateBranchIn } from "../support/state-branch.ts";
import { tempDirectory } from "../support/temp-repository.ts";

const policy = `policy:
  rollout: { startup: 20s, drain: 5s, bake: 0s }`;

async function tip(demo: Demo): Promise<string> {
  return (await demo.repository.git("for-each-ref", "--format=%(objectname)", "refs/heads/dstack-state")).trim();
}

/** As if nothing had ever been seen of it. */
async function loseBranch({ repository }: Demo): Promise<void> {
  await repository.git("update-ref", "-d", "refs/heads/dstack-state");
  await repository.git("update-ref", "-d", "refs/dstack-gitops/kept/dstack-state");
}

it(
  "a branch that is lost is built again from what runs, and nothing is started twice",
  { timeout: 300_000 },
  async () => {
    await using demo = await createDemo({ settings: policy });
    await demo.edit({ version: "1" });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
    const before = await demo.processes();
    expect(before).toHaveLength(2);

    await loseBranch(demo);
    for (const [command, exitCode, said] of [
      [["apply", "-y"], 4, /Refused|does not know/],
      [["tick"], 1, /which this state does not know[\s\S]*state repair/],
      [["ps"], 0, /which this state does not know/],
      [["state", "repair"], 1, /can be adopted[\s\S]*--adopt/],
      [["state", "repair", "--adopt", "demo"], 4, /pass --yes/],
    ] as const) {
      const ran = await demo.run(...command);
      expect(ran.stderr).toMatch(said);
      expect(ran.exitCode, command.join(" ")).toBe(exitCode);
      expect(await tip(demo)).toBe("");
    }
    expect(await demo.processes()).toEqual(before);

    const repaired = await demo.run("state", "repair", "-y", "--adopt", "all", "--json");
    expect(repaired.exitCode, repaired.stderr).toBe(0);
    expect(JSON.parse(repaired.stdout)).toMatchObject({
      version: 1,
      left: [],
      instances: [
        { service: "demo", fate: "adopt" },
        { service: "demo", fate: "adopt" },
      ],
    });
    const ticked = await demo.run("tick");
    expect(ticked.exitCode, ticked.stderr).toBe(0);
    expect(await demo.processes()).toEqual(before);
    expect(await shownBy(demo)).toMatchObject({
      status: "running",
      deployment: 0,
      replicas: [
        { num: 0, ready: true },
        { num: 1, ready: true },
      ],
    });
    expect(await demo.run("plan", "--detailed-exitcode")).toMatchObject({ exitCode: 0 });
    expect(await demo.run("state", "repair")).toMatchObject({ exitCode: 0 });

    await demo.edit({ version: "2" });
    const rolled = await demo.run("apply", "-y");
    expect(rolled.exitCode, rolled.stderr).toBe(0);
    expect(await shownBy(demo)).toMatchObject({ status: "running", deployment: 1 });
    const after = await demo.processes();
    expect(after).toHaveLength(2);
    expect(after.some((pid) => before.includes(pid))).toBe(false);
  },
);

it(
  "what runs another job than the file says is adopted as an earlier deployment, and rolled",
  { timeout: 300_000 },
  async () => {
    await using demo = await createDemo({ settings: policy });
    await demo.edit({ version: "1" });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
    const before = await demo.processes();
    await loseBranch(demo);
    await demo.edit({ version: "2" });
    const repaired = await demo.run("state", "repair", "-y", "--adopt", "all");
    expect(repaired.exitCode, repaired.stderr).toBe(0);
    expect(await demo.processes()).toEqual(before);
    expect((await shownBy(demo))?.replicas.map(({ deployment, ready }) => [deployment, ready])).toEqual([
      [0, true],
      [0, true],
    ]);
    const ticked = await demo.run("tick");
    expect(ticked.exitCode, ticked.stderr).toBe(0);
    expect(await shownBy(demo)).toMatchObject({ status: "running", deployment: 1 });
    const after = await demo.processes();
    expect(after).toHaveLength(2);
    expect(after.some((pid) => before.includes(pid))).toBe(false);
  },
);

it("what no file names is ended where that is asked for", { timeout: 300_000 }, async () => {
  await using demo = await createDemo({ settings: policy });
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  await loseBranch(demo);
  await rm(join(demo.repository.path, ".dstack.yml"));
  const left = await demo.run("state", "repair", "-y", "--adopt", "all");
  expect(left.exitCode).toBe(1);
  expect(left.stderr).toContain("neither the state nor a service file names its service");
  expect(await demo.processes()).toHaveLength(2);
  const repaired = await demo.run("state", "repair", "-y", "--remove", "all");
  expect(repaired.exitCode, repaired.stderr).toBe(0);
  await expect.poll(() => demo.processes(), { timeout: 20_000 }).toEqual([]);
  expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });
});

it("a rewound branch is told by what runs, and what is newer is adopted", { timeout: 300_000 }, async () => {
  await using demo = await createDemo({ settings: policy });
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const old = await tip(demo);
  await demo.edit({ version: "2" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const before = await demo.processes();

  await demo.repository.git("update-ref", "refs/heads/dstack-state", old);
  await demo.repository.git("update-ref", "-d", "refs/dstack-gitops/kept/dstack-state");
  for (const [command, exitCode] of [
    [["apply", "-y"], 4],
    [["tick"], 1],
    [["restart", "demo", "-y"], 4],
    [["why", "demo"], 0],
  ] as const) {
    const ran = await demo.run(...command);
    expect(ran.stderr).toMatch(/does not know/);
    expect(ran.exitCode, command.join(" ")).toBe(exitCode);
    expect(await tip(demo)).toBe(old);
  }
  expect(await demo.processes()).toEqual(before);

  const repaired = await demo.run("state", "repair", "-y", "--adopt", "demo");
  expect(repaired.exitCode, repaired.stderr).toBe(0);
  const applied = await demo.run("apply", "-y");
  expect(applied.exitCode, applied.stderr).toBe(0);
  expect(await demo.processes()).toEqual(before);
});

it("lost commits that a machine still has are brought back", { timeout: 300_000 }, async () => {
  await using root = await tempDirectory();
  const bare = `${root.path}/team.git`;
  await git(["init", "--quiet", "--bare", "--initial-branch=main", bare], { cwd: root.path });
  await git(["config", "http.receivepack", "true"], { cwd: bare });
  await using forge = await startGitHttp(root.path, null);
  await using demo = await createDemo({ settings: `state: { remote: origin }\n${policy}` });
  await demo.repository.git("remote", "add", "origin", `${forge.url}/team.git`);
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const seen = (await git(["rev-parse", "dstack-state"], { cwd: bare })).text;
  const before = await demo.processes();

  // Rewound, then deleted, then deleted with everything that it was made of.
  await git(["update-ref", "refs/heads/dstack-state", `${seen}~1`], { cwd: bare });
  expect(await demo.run("tick")).toMatchObject({ exitCode: 1 });
  expect(await demo.run("state", "repair", "-y")).toMatchObject({ exitCode: 0 });
  expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });

  await git(["update-ref", "-d", "refs/heads/dstack-state"], { cwd: bare });
  const missing = await demo.run("state", "repair");
  expect(missing.exitCode).toBe(4);
  expect(missing.stderr).toContain("bring back generation");
  expect(await demo.run("state", "repair", "-y")).toMatchObject({ exitCode: 0 });
  expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });

  await git(["update-ref", "-d", "refs/heads/dstack-state"], { cwd: bare });
  await git(["gc", "--quiet", "--prune=now"], { cwd: bare });
  const repaired = await demo.run("state", "repair", "-y");
  expect(repaired.exitCode, repaired.stderr).toBe(0);
  expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });
  expect(await demo.processes()).toEqual(before);
});

it(
  "a document that cannot be read is named with its place, and its last good version restored",
  { timeout: 300_000 },
  async () => {
    await using demo = await createDemo({ settings: policy });
    await demo.edit({ version: "1" });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
    const before = await demo.processes();
    const state = stateBranchIn(demo.repository.path);
    const path = (await demo.repository.git("ls-tree", "-r", "--name-only", "dstack-state"))
      .split("\n")
      .find((file) => file.startsWith("services/"));
    if (path === undefined) throw new Error("no record");
    const good = (await state.file(path)) ?? "";
    await state.edit({ [path]: good.replace('"attempts": 2', '"attempts": "two"') });
    const line = good.split("\n").findIndex((text) => text.includes('"attempts"')) + 1;
    for (const command of [["tick"], ["apply", "-y"], ["ps"]]) {
      const refused = await demo.run(...command);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(`${path}:${line}:3: attempts:`);
      expect(refused.stderr).toContain(`git checkout`);
    }
    const repaired = await demo.run("state", "repair", "-y", "--json");
    expect(repaired.exitCode, repaired.stderr).toBe(0);
    expect(await state.file(path)).toBe(good);
    expect((await demo.repository.git("log", "-1", "--format=%s", "dstack-state")).trim()).toContain(
      `Repair: restore ${path}`,
    );
    expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });
    expect(await demo.processes()).toEqual(before);
  },
);

it("a format of the future is neither acted on nor repaired", { timeout: 300_000 }, async () => {
  await using demo = await createDemo({ settings: policy });
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const before = await demo.processes();
  const state = stateBranchIn(demo.repository.path);
  const format = (await state.file("format")) ?? "";
  await state.edit({ format: format.replace('"version": 1', '"version": 2') });
  const newer = await tip(demo);
  await demo.edit({ version: "2" });
  for (const command of [
    ["apply", "-y"],
    ["tick"],
    ["watch", "--no-gateway"],
    ["destroy", "demo", "-y"],
    ["state", "gc", "-y"],
    ["state", "repair", "-y", "--adopt", "all", "--remove", "all"],
  ]) {
    const refused = await demo.run(...command);
    expect(refused.exitCode, command.join(" ")).toBe(1);
    expect(refused.stderr).toContain("this program knows format 1");
  }
  expect(await tip(demo)).toBe(newer);
  expect(await demo.processes()).toEqual(before);
  await state.edit({ format });
});
