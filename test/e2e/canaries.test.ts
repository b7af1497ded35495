import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { git } from "../../src/git/git.ts";
import { canary, filesBelow, leaks, objectsOf, watchProcesses } from "../support/canaries.ts";
import { createDemo } from "../support/demo.ts";
import type { Ran } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { tempDirectory } from "../support/temp-repository.ts";

/** Secrets of the service: they belong in the environment of its replicas, and in what these write. */
const own = { SECRET: canary("secret"), BARE: canary("bare"), GIVEN: canary("given") };

/** Secrets of whoever runs the program: they belong nowhere. */
const others = {
  DSTACK_TOKEN: canary("bearer"),
  DSTACK_GITOPS_TOKEN: canary("forge"),
  GITHUB_TOKEN: canary("github"),
  DSTACK_GITOPS_DIGEST_KEY: canary("digest-key"),
  PULL: canary("registry"),
  REMOTE: canary("remote-password"),
  HEADER: canary("git-header"),
  REPOS: canary("repos-password"),
  REQUEST: canary("request-bearer"),
  WRONG: canary("wrong-token"),
};
const all = { ...own, ...others };

test("no secret is in any output, commit, file or argument", { timeout: 600_000 }, async () => {
  await using root = await tempDirectory();
  const place = (name: string) => join(root.path, name);
  await Promise.all(["bin", "home", "tmp", "forge"].map((name) => mkdir(place(name))));
  await git(["init", "--quiet", "--bare", "--initial-branch=main", place("forge/team.git")], { cwd: root.path });
  await git(["config", "http.receivepack", "true"], { cwd: place("forge/team.git") });
  await using forge = await startGitHttp(place("forge"), others.DSTACK_GITOPS_TOKEN);
  await writeFile(
    place("home/.gitconfig"),
    `[user]\n\tname = Test\n\temail = test@example.com\n[http "${forge.url}"]\n\textraHeader = "X-Canary: ${others.HEADER}"\n`,
  );
  // A git that writes down how it was called, also by git itself.
  const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  await writeFile(place("bin/git"), `#!/bin/sh\nprintf '%s\\n' "$*" >> ${place("git-calls")}\nexec ${real} "$@"\n`);
  await chmod(place("bin/git"), 0o755);
  await using demo = await createDemo({
    settings: "state: { remote: origin }\npolicy:\n  rollout: { startup: 30s, drain: 5s, bake: 0s }",
    env: {
      ...others,
      SECRET: own.SECRET,
      BARE: own.BARE,
      HOME: place("home"),
      TMPDIR: place("tmp"),
      XDG_STATE_HOME: place("state"),
      XDG_CACHE_HOME: place("cache"),
      PATH: `${place("bin")}:${process.env["PATH"] ?? ""}`,
    },
  });
  const { repository } = demo;
  const password = encodeURIComponent(others.REMOTE);
  await repository.git("remote", "add", "origin", `${forge.url.replace("//", `//user:${password}@`)}/team.git`);
  const server = await readFile(join(repository.path, "server.mjs"), "utf8");
  const tells = `console.log("I know", process.env.HIDDEN, process.env.BARE, process.env.GIVEN);\n`;
  await repository.write({ "server.mjs": `${tells}${server}` });
  const probe = "'/health?key=${{ env.BARE }}', headers: [{ name: X-Key, value: '${{ env.BARE }}' }]";
  const service = { env: ["HIDDEN=pre-${{ secrets.SECRET }}", "BARE"], replicas: 1, auth: true, probe };
  await demo.edit(service);
  const given = ["-e", `GIVEN=${own.GIVEN}`];

  const said: Ran[] = [];
  const run = async (...args: readonly (string | Readonly<Record<string, string>>)[]): Promise<Ran> => {
    const ran = await demo.run(...args);
    said.push(ran);
    return ran;
  };
  await using processes = watchProcesses();

  // All is well.
  for (const args of [["validate"], ["plan", "-v", "--out", "plan.json"], ["plan"]]) {
    expect((await run(...args, ...given)).exitCode).toBe(0);
    expect((await run(...args, ...given, "--json")).exitCode).toBe(0);
  }
  const applied = await run("apply", "-y", "-v", ...given);
  expect(applied.exitCode, applied.stderr).toBe(0);
  const [pid = 0] = await demo.processes();
  const environment = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
  expect(environment).toEqual(
    expect.arrayContaining([`HIDDEN=pre-${own.SECRET}`, `BARE=${own.BARE}`, `GIVEN=${own.GIVEN}`]),
  );
  expect(leaks(others, [["the replica's environment", environment.join("\n")]])).toEqual([]);
  expect(leaks(all, await environments([pid]))).toEqual([]);
  const logs = await demo.run("logs", "demo");
  expect(logs.stdout).toContain(`I know pre-${own.SECRET} ${own.BARE} ${own.GIVEN}`);

  // Requests through the gateway, with the token and with another one.
  const gateway = demo.start("proxy", "serve", "-v");
  const heard: string[] = [];
  for (const stream of [gateway.stdout, gateway.stderr])
    stream?.on("data", (chunk: Buffer) => heard.push(String(chunk)));
  expect(await answerOf(others.DSTACK_TOKEN)).toBe(200);
  expect(await answerOf(others.REQUEST)).toBe(403);

  for (const args of [["tick"], ["ps", "-v"], ["why", "demo"], ["state", "show"], ["restart", "demo", "-y"]])
    for (const json of [[], ["--json"]]) {
      const { exitCode, stdout, stderr } = await run(...args, ...given, ...json);
      expect(exitCode, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
    }
  expect((await run("proxy", "render", "rendered")).exitCode).toBe(0);
  expect((await run("proxy", "publish")).exitCode).toBe(0);

  // What fails: a wrong token, a missing secret, a rotated one, a service that ends with its secret on its lips.
  for (const json of [[], ["--json"]]) {
    expect((await run("plan", ...json, { DSTACK_GITOPS_TOKEN: others.WRONG })).exitCode).toBe(1);
    expect((await run("apply", "-y", ...json, ...given, { DSTACK_GITOPS_TOKEN: others.WRONG })).exitCode).toBe(1);
    expect((await run("tick", ...json, ...given, { SECRET: `${own.SECRET}-rotated` })).stderr).not.toBe("");
  }
  await demo.edit({ ...service, env: [...service.env, "MISSING"] });
  expect((await run("apply", "-y", ...given)).exitCode).toBe(2);
  await demo.edit({ ...service, mode: "exits" });
  const failed = await run("apply", "-y", "-v", ...given);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain("I know");
  expect((await run("why", "demo", "--json")).exitCode).toBe(0);
  await demo.edit({
    ...service,
    extra: `image: private.example/app\nregistry_auth: { username: me, password: "\${{ secrets.PULL }}" }`,
  });
  for (const args of [["validate"], ["plan"], ["plan", "--json"], ["apply", "-y"]]) await run(...args, ...given);
  await demo.edit({ ...service, extra: `repos: ["https://user:${others.REPOS}@github.com/team/code.git"]` });
  for (const args of [["validate"], ["validate", "--json"], ["plan"], ["plan", "--json"], ["apply", "-y"]])
    await run(...args, ...given);
  await demo.edit(service);
  expect((await run("destroy", "demo", "-y", "-v", ...given)).exitCode).toBe(0);
  gateway.kill("SIGINT");
  await gateway;

  const calls = await readFile(place("git-calls"), "utf8");
  expect(calls).toMatch(/^push /m);
  const planted = [join(repository.path, ".git/config"), place("home/.gitconfig")];
  const directories = [root.path, repository.path];
  const files = (await Promise.all(directories.map(filesBelow))).flat().filter(([path]) => !planted.includes(path));
  expect(files.length).toBeGreaterThan(20);
  const repositories = [repository.path, place("forge/team.git"), ...(await bareRepositories(place("cache")))];
  const objects = await Promise.all(repositories.map(objectsOf));
  expect(objects.map(([, text]) => text).join("\n")).toContain("secrets.SECRET");
  const branch = await git(["ls-tree", "-r", "--name-only", "dstack-state"], { cwd: place("forge/team.git") });
  expect(branch.text.split("\n")).toEqual(expect.arrayContaining(["README.md", "index.html"]));

  const commands = [...processes.seen].flatMap(([pid, texts]) =>
    [...texts].map((text) => [`process ${pid}`, text] as const),
  );
  // Whoever says a value on the command line shows it to this machine: in the call of the program, and nowhere else.
  const { GIVEN, ...rest } = all;
  const called = commands.filter(([, text]) => !text.includes("src/cli.ts"));
  // What a service writes is kept on its host for a while, as it was written.
  const isLog = (path: string) => path.includes(".logs/");
  expect([
    ...leaks(
      all,
      said.map(({ stdout, stderr }, index) => [`output ${index}`, `${stdout}\n${stderr}`]),
    ),
    ...leaks(all, [["the gateway's output", heard.join("")]]),
    ...leaks(all, [["git's arguments", calls]]),
    ...leaks(rest, commands),
    ...leaks({ GIVEN }, called),
    ...leaks(all, objects),
    ...leaks(
      all,
      files.filter(([path]) => !isLog(path)),
    ),
    ...leaks(
      others,
      files.filter(([path]) => isLog(path)),
    ),
  ]).toEqual([]);
  expect(leaks(own, files)).not.toEqual([]);

  async function answerOf(token: string): Promise<number> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const { status } = await fetch(demo.url, { headers: { authorization: `Bearer ${token}` } });
        if (status !== 503 || attempt > 100) return status;
      } catch (error) {
        if (attempt > 100) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
});

/** What every process but these was started with. */
async function environments(except: readonly number[]): Promise<readonly (readonly [string, string])[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && !except.includes(Number(name)));
  return Promise.all(
    pids.map(
      async (pid) => [`process ${pid}`, await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")] as const,
    ),
  );
}

async function bareRepositories(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name === "HEAD").map((entry) => entry.parentPath);
}
