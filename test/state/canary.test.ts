import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, expect, test, vi } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { createDemo } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { stateBranch } from "../support/state-branch.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";
import { create } from "./store-contract.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a token is in no argument, file or message", async () => {
  const token = "canary-4f1d";
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  await using directory = await tempDirectory();
  await using remote = await tempRepository({ bare: true });
  await using user = await tempRepository();
  await using server = await startGitHttp(join(remote.path, ".."), token);
  await user.git("remote", "add", "origin", `${server.url}/repository.git`);
  // A git that writes down how it was called, helpers that git starts included.
  const [bin, log, cache] = [join(directory.path, "bin"), join(directory.path, "log"), join(directory.path, "cache")];
  await mkdir(bin);
  const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  await writeFile(join(bin, "git"), `#!/bin/sh\nprintf '%s\\n' "$*" >> ${log}\nexec ${real} "$@"\n`);
  await chmod(join(bin, "git"), 0o755);
  vi.stubEnv("PATH", `${bin}:${process.env["PATH"] ?? ""}`);

  const open = (given: string) => {
    const env = { ...process.env, XDG_CACHE_HOME: cache, DSTACK_GITOPS_TOKEN: given };
    return gitBranchStore({ root: user.path, branch: stateBranch, remote: "origin", clock: systemClock, env });
  };
  await using store = open(token);
  await create(store, "web");
  await using refused = open(`${token}-wrong`);
  const error: unknown = await refused.load().catch((caught: unknown) => caught);

  const calls = await readFile(log, "utf8");
  expect(calls).toMatch(/^push /m);
  expect(calls).toMatch(/^fetch /m);
  const places = [directory.path, remote.path, user.path];
  const files = (await Promise.all(places.map((place) => listFiles(place)))).flat();
  expect(files.length).toBeGreaterThan(20);
  const texts = [
    String(error),
    JSON.stringify(error),
    ...(await Promise.all(files.map((file) => readFile(file, "latin1")))),
  ];
  for (const secret of [token, basic]) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  expect(server.requests.some(({ authorization }) => authorization === `Basic ${basic}`)).toBe(true);
});

test("a password in a remote's URL is in no argument, not even of git's own helpers", async () => {
  const password = "canary/77b3+c2";
  await using directory = await tempDirectory();
  await using remote = await tempRepository({ bare: true });
  await using user = await tempRepository();
  await using server = await startGitHttp(join(remote.path, ".."), password);
  const url = server.url.replace("//", `//x-access-token:${encodeURIComponent(password)}@`);
  await user.git("remote", "add", "origin", `${url}/repository.git`);
  const trace = join(directory.path, "trace");
  vi.stubEnv("GIT_TRACE", trace);
  const env = { ...process.env, XDG_CACHE_HOME: join(directory.path, "cache"), DSTACK_GITOPS_TOKEN: "" };
  await using store = gitBranchStore({
    root: user.path,
    branch: stateBranch,
    remote: "origin",
    clock: systemClock,
    env,
  });
  await create(store, "web");

  const calls = await readFile(trace, "utf8");
  expect(calls).toMatch(/remote-http.* http:\/\/127\.0\.0\.1/);
  for (const form of [password, encodeURIComponent(password)]) expect(calls).not.toContain(form);
});

test("the value of a secret is in no argument, file, record or message, and reaches the replica", async () => {
  const [secret, bare] = ["canary-7e2a-secret", "canary-7e2a-bare"];
  await using demo = await createDemo();
  await demo.edit({ env: ["HIDDEN=pre-${{ secrets.CANARY }}", "BARE"], replicas: 1 });
  const values = { CANARY: secret, BARE: bare };
  const said = [
    await demo.run("validate", "--json", values),
    await demo.run("plan", "--json", "--out", "plan.json", values),
    await demo.run("apply", "-y", "-v", values),
    await demo.run("why", "demo", values),
    await demo.run("state", "show", values),
  ];
  expect(said.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
  const [pid = 0] = await demo.processes();
  const environment = await readFile(`/proc/${pid}/environ`, "utf8");
  expect(environment.split("\0")).toEqual(expect.arrayContaining([`HIDDEN=pre-${secret}`, `BARE=${bare}`]));

  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const places = [demo.repository.path, demo.env["XDG_STATE_HOME"] ?? ""];
  const files = (await Promise.all(places.map((place) => listFiles(place)))).flat();
  expect(files.length).toBeGreaterThan(20);
  const texts = [
    ...said.flatMap(({ stdout, stderr }) => [stdout, stderr]),
    await demo.repository.git("log", "-p", "--all"),
    ...(await Promise.all(processes.map((name) => readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "")))),
    ...(await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")))),
  ];
  expect(texts.some((text) => text.includes("secrets.CANARY"))).toBe(true);
  for (const value of [secret, bare]) expect(texts.filter((text) => text.includes(value))).toEqual([]);
});

async function listFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
