import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";

import { checkOut } from "./support/checkout.ts";
import { startGitHttp, type GitHttpServer } from "./support/git-http.ts";
import { describeWithPeer } from "./support/peers.ts";

const exec = promisify(execFile);
const token = "ghs_0123456789abcdef";

const workflow = `on: [pull_request, push]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - id: dstack
        uses: ./
        with:
          command: \${{ github.event_name == 'push' && 'apply' || 'plan' }}
      - if: always()
        run: echo "$OUTPUTS" > "$RESULT"
        env:
          OUTPUTS: \${{ toJSON(steps.dstack.outputs) }}
`;

const service = `type: service
name: web
commands:
  - node server.mjs
files:
  - server.mjs
env:
  - GREETING
port: 8000
auth: false
probes:
  - type: http
    url: /
    interval: 1s
`;

const server = `import { createServer } from "node:http";
createServer((_, answer) => answer.end(process.env.GREETING)).listen(8000, "0.0.0.0");
`;

const settings = `state:
  remote: origin
backends:
  - type: local
policy:
  rollout:
    bake: 0s
`;

const Outputs = z.object({ "exit-code": z.string(), changed: z.string(), plan: z.string(), outcome: z.string() });

describeWithPeer("act", (act) => {
  let directory = "";
  let repository = "";
  let origin: GitHttpServer;

  beforeAll(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), "action-")));
    repository = join(directory, "repository");
    await exec("git", ["init", "-q", "--bare", join(directory, "origin/acme/services.git")]);
    origin = await startGitHttp(join(directory, "origin"), token);
    await bundleInto(repository);
    await commitAll("Begin");
    for (const folder of ["home/.config/act", "state", "temp", "tools"])
      await mkdir(join(directory, folder), { recursive: true });
    await writeFile(join(directory, "home/.config/act/actrc"), "");
  });

  afterAll(async () => {
    await cli("destroy", "web", "--yes", "-e", "GREETING=gone");
    await origin[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  /** A repository that is the action and holds a service, as a release's tag would be. */
  async function bundleInto(destination: string): Promise<void> {
    const clone = join(directory, "clone");
    await checkOut(clone);
    await exec("npm", ["run", "build"], { cwd: clone });
    await mkdir(destination);
    for (const path of ["action.yml", "package.json", "dist"])
      await cp(join(clone, path), join(destination, path), { recursive: true });
    await rm(clone, { recursive: true });
    const files = {
      ".github/workflows/deploy.yml": workflow,
      ".dstack.yml": service,
      ".dstack/gitops.yml": settings,
      "server.mjs": server,
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(destination, path)), { recursive: true });
      await writeFile(join(destination, path), text);
    }
    await exec("git", ["init", "-q", "-b", "main"], { cwd: destination });
    await exec("git", ["remote", "add", "origin", `${origin.url}/acme/services.git`], { cwd: destination });
  }

  async function commitAll(message: string): Promise<void> {
    await exec("git", ["add", "-A"], { cwd: repository });
    const author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    await exec("git", [...author, "commit", "-q", "-m", message], { cwd: repository });
  }

  function environment(): NodeJS.ProcessEnv {
    return {
      PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
      HOME: join(directory, "home"),
      XDG_STATE_HOME: join(directory, "state"),
      RUNNER_TEMP: join(directory, "temp"),
      RUNNER_TOOL_CACHE: join(directory, "tools"),
      GITHUB_SERVER_URL: origin.url,
      GREETING: "Hello",
    };
  }

  /** Runs the workflow as GitHub would for this event. */
  async function runWorkflow(event: "pull_request" | "push") {
    const eventFile = join(directory, "event.json");
    const pull = { number: 1, head: { ref: "topic" }, base: { ref: "main" } };
    await writeFile(
      eventFile,
      JSON.stringify(event === "push" ? { ref: "refs/heads/main" } : { number: 1, pull_request: pull }),
    );
    const result = join(directory, "result.json");
    await rm(result, { force: true });
    const env = environment();
    const passed = Object.entries({ ...env, RESULT: result }).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    const args = [
      event,
      "-e",
      eventFile,
      "-P",
      "ubuntu-latest=-self-hosted",
      "--bind",
      "--no-cache-server",
      "-s",
      `GITHUB_TOKEN=${token}`,
      ...passed,
    ];
    const ended = await exec(act, args, { cwd: repository, env }).then(
      ({ stdout, stderr }) => ({ ok: true, log: stdout + stderr }),
      (error: unknown) => ({ ok: false, log: logOf(error) }),
    );
    const outputs = Outputs.parse(
      JSON.parse(
        await readFile(result, "utf8").catch(() => {
          throw new Error(ended.log);
        }),
      ),
    );
    return { ...ended, outputs };
  }

  function logOf(error: unknown): string {
    const { stdout, stderr } = z.object({ stdout: z.string(), stderr: z.string() }).parse(error);
    return stdout + stderr;
  }

  /** The command line beside the action, on the same state. */
  async function cli(...args: readonly string[]): Promise<string> {
    const env = { ...environment(), GITHUB_TOKEN: token };
    return (await exec(process.execPath, [join(repository, "dist/cli.js"), ...args], { cwd: repository, env })).stdout;
  }

  async function stateBranch(): Promise<string> {
    const { stdout } = await exec("git", ["branch", "--list", "dstack-state"], {
      cwd: join(directory, "origin/acme/services.git"),
    });
    return stdout.trim();
  }

  it("plans on a pull request, and changes nothing", async () => {
    const { ok, log, outputs } = await runWorkflow("pull_request");
    expect({ ok, ...outputs, log }).toMatchObject({ ok: true, "exit-code": "0", changed: "true", outcome: "" });
    const plan: unknown = JSON.parse(await readFile(outputs.plan, "utf8"));
    expect(plan).toMatchObject({ version: 1, services: [{ name: "web", action: "create" }] });
    expect(await stateBranch()).toBe("");
    expect(log).not.toContain(token);
  });

  it("applies on a push, and the service runs", async () => {
    const { ok, log, outputs } = await runWorkflow("push");
    expect({ ok, ...outputs, log }).toMatchObject({ ok: true, "exit-code": "0", changed: "true", plan: "" });
    expect(JSON.parse(outputs.outcome)).toMatchObject({
      ok: true,
      planned: 1,
      done: 1,
      services: [{ name: "web", result: "settled" }],
    });
    expect(await stateBranch()).toBe("dstack-state");
    expect(JSON.parse(await cli("ps", "--json"))).toMatchObject({
      services: [{ name: "web", status: "running", replicas: [{ num: 0, status: "running", ready: true }] }],
    });
    expect(log).not.toContain(token);
  });

  it("has nothing to do the second time", async () => {
    const { ok, outputs } = await runWorkflow("push");
    expect({ ok, ...outputs }).toMatchObject({ ok: true, "exit-code": "0", changed: "false" });
  });

  it("annotates what is wrong with a file, at its place, and fails", async () => {
    await writeFile(join(repository, ".dstack.yml"), `${service}resorces:\n  cpu: 2\n`);
    await commitAll("Break it");
    const { ok, log, outputs } = await runWorkflow("pull_request");
    expect({ ok, ...outputs }).toMatchObject({ ok: false, "exit-code": "2", changed: "false", plan: "" });
    expect(log).toMatch(/::error title=unknown-property,file=\.dstack\.yml,line=14,endLine=14,col=1,endColumn=8::/);
  });
});
