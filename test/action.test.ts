import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
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
      - uses: actions/checkout@v7
        with:
          persist-credentials: false
      - id: dstack
        uses: ./
        with:
          command: \${{ github.event_name == 'push' && 'apply' || 'plan' }}
      - if: always()
        run: |
          echo "$OUTPUTS" > "$RESULT/outputs.json"
          if [ -n "$PLAN" ]; then cp "$PLAN" "$RESULT/plan.json"; fi
        env:
          OUTPUTS: \${{ toJSON(steps.dstack.outputs) }}
          PLAN: \${{ steps.dstack.outputs.plan }}
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

const Ps = z.object({
  services: z.array(
    z.object({
      name: z.literal("web"),
      replicas: z.array(z.object({ num: z.number(), status: z.string(), ready: z.boolean(), address: z.string() })),
    }),
  ),
});

const Outputs = z.object({ "exit-code": z.string(), changed: z.string(), plan: z.string(), outcome: z.string() });

/** What a replica answers at `unix:PATH` or `HOST:PORT`. */
async function ask(address: string): Promise<string> {
  const socketPath = /^unix:(.+)$/.exec(address)?.[1];
  const where =
    socketPath === undefined ? { host: address.split(":")[0], port: address.split(":")[1] } : { socketPath };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ ...where, path: "/" }, resolve).on("error", reject);
  });
  return text(response);
}

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
    // Gone already, unless a test failed before.
    await cli("destroy", "web", "--yes").catch(() => undefined);
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
    const result = join(directory, "result");
    await rm(result, { recursive: true, force: true });
    await mkdir(result);
    const env = environment();
    const passed = Object.entries({ ...env, RESULT: result }).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    const args = [
      event,
      "-e",
      eventFile,
      "-P",
      "ubuntu-latest=-self-hosted",
      "--no-cache-server",
      "-s",
      `GITHUB_TOKEN=${token}`,
      ...passed,
    ];
    const ended = await exec(act, args, { cwd: repository, env }).then(
      ({ stdout, stderr }) => ({ ok: true, log: stdout + stderr }),
      (error: unknown) => ({ ok: false, log: logOf(error) }),
    );
    const written = Outputs.safeParse(
      JSON.parse(await readFile(join(result, "outputs.json"), "utf8").catch(() => "null")),
    );
    if (!written.success) throw new Error(ended.log);
    return { ...ended, outputs: written.data };
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

  async function replicas() {
    return Ps.parse(JSON.parse(await cli("ps", "--json"))).services.flatMap((one) => one.replicas);
  }

  it("plans on a pull request, and changes nothing", async () => {
    const { ok, log, outputs } = await runWorkflow("pull_request");
    expect({ ok, ...outputs, log }).toMatchObject({ ok: true, "exit-code": "0", changed: "true", outcome: "" });
    const plan: unknown = JSON.parse(await readFile(join(directory, "result/plan.json"), "utf8"));
    expect(plan).toMatchObject({ version: 1, services: [{ name: "web", action: "create" }] });
    expect(log).toContain("| web | create | 0 | 0 → 1 |");
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
    const [replica] = await replicas();
    expect(replica).toMatchObject({ num: 0, status: "running", ready: true });
    expect(await ask(replica?.address ?? "")).toBe("Hello");
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
    expect(log).toMatch(/::error title=unknown-property,file=\.dstack\.yml,line=15,endLine=15,col=1,endColumn=8::/);
  });

  it("destroys a service whose file is gone", async () => {
    await rm(join(repository, ".dstack.yml"));
    await commitAll("Remove it");
    const { ok, log, outputs } = await runWorkflow("push");
    expect({ ok, ...outputs, log }).toMatchObject({ ok: true, "exit-code": "0", changed: "true" });
    expect(await replicas()).toEqual([]);
  });
});
