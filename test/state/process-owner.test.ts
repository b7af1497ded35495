import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

import { currentOwner, isOwnerAlive, processStart } from "../../src/state/process-owner.ts";
import { tempDirectory } from "../support/temp-repository.ts";

test("this process is alive, and each owner is its own", async () => {
  await using home = await tempDirectory();
  const env = { XDG_STATE_HOME: home.path };
  const [a, b] = await Promise.all([currentOwner(env), currentOwner(env)]);
  expect(a).toMatchObject({ attempt: 1, pid: process.pid, host: b.host, boot: b.boot, pidStart: b.pidStart });
  expect(a.nonce).not.toBe(b.nonce);
  expect(await isOwnerAlive(a, env)).toBe(true);
});

test("a run of GitHub Actions is named by run and attempt", async () => {
  await using home = await tempDirectory();
  const actions = {
    GITHUB_ACTIONS: "true",
    GITHUB_RUN_ID: "42",
    GITHUB_RUN_ATTEMPT: "3",
    GITHUB_REPOSITORY: "acme/shop",
  };
  const ownerWith = (env: Readonly<Record<string, string>>) =>
    currentOwner({ XDG_STATE_HOME: home.path, ...actions, ...env });
  expect(await ownerWith({})).toMatchObject({ run: "acme/shop/runs/42", attempt: 3 });
  // And by what others need to ask GitHub about it.
  const api = "https://ghe.example/api/v3";
  expect((await ownerWith({})).github).toEqual({ api: "https://api.github.com" });
  expect((await ownerWith({ GITHUB_API_URL: api, DSTACK_GITOPS_JOB_ID: "" })).github).toEqual({ api });
  expect((await ownerWith({ DSTACK_GITOPS_JOB_ID: "no number" })).github).toEqual({ api: "https://api.github.com" });
  expect((await ownerWith({ GITHUB_API_URL: api, DSTACK_GITOPS_JOB_ID: "51725241954" })).github).toEqual({
    api,
    job: 51_725_241_954,
  });
  expect(await currentOwner({ XDG_STATE_HOME: home.path, GITHUB_RUN_ID: "42" })).not.toHaveProperty("github");
});

test("what can be proven of other owners, and what cannot", async () => {
  await using home = await tempDirectory();
  const env = { XDG_STATE_HOME: home.path };
  const owner = await currentOwner(env);
  const child = spawn("sleep", ["600"]);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const other = { ...owner, pid, pidStart: await processStart(pid) };
  expect(await isOwnerAlive(other, env)).toBe(true);
  expect(await isOwnerAlive({ ...other, pidStart: "1" }, env)).toBe(false);
  expect(await isOwnerAlive({ ...other, boot: "another" }, env)).toBe(false);
  expect(await isOwnerAlive({ ...other, host: "another" }, env)).toBe("unknown");
  expect(await isOwnerAlive({ ...other, host: null }, env)).toBe("unknown");
  expect(await isOwnerAlive({ ...other, pid: null }, env)).toBe("unknown");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await isOwnerAlive(other, env)).toBe(false);
});

test("a host is another one with another home", async () => {
  await using here = await tempDirectory();
  await using there = await tempDirectory();
  const owner = await currentOwner({ XDG_STATE_HOME: here.path });
  expect(await isOwnerAlive(owner, { XDG_STATE_HOME: there.path })).toBe("unknown");
});
