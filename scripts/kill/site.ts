import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { git } from "../../src/git/git.ts";
import { freePort } from "../../test/support/free-port.ts";
import { startGitHttp } from "../../test/support/git-http.ts";
import type { GitHttpServer } from "../../test/support/git-http.ts";
import { repositoryAt } from "../../test/support/temp-repository.ts";
import { processesAt } from "./processes.ts";

const root = join(import.meta.dirname, "../..");
const cli = join(root, "src/cli.ts");
const mortal = join(import.meta.dirname, "mortal.ts");
const token = "a-token-for-the-forge";

/** How long a run may take, in milliseconds. */
const longest = 90_000;

/** What the service that is worked on is to be. */
export interface Wanted {
  readonly version: number;
  readonly replicas: number;
}

export interface Ran {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly output: string;
}

/** Where to die, and with whom. */
export interface Death {
  /** Empty: nowhere. */
  readonly at: number | "";
  readonly children: Fate;
  /** The file that is told of it. */
  readonly report: string;
}

/** What becomes of the git processes that a killed program had started. */
export type Fate = "live" | "die";

/** A repository, its forge, a gateway and everything else that one run of the harness has for itself. */
export interface Site extends AsyncDisposable {
  /** Everything is below it, and it is the HOME of every process. */
  readonly directory: string;
  readonly repository: string;
  /** The forge's own repository. */
  readonly bare: string;
  readonly url: string;
  readonly forge: GitHttpServer;
  /** Pid of the gateway, which lives as long as the site. */
  readonly gateway: number;
  edit(wanted: Wanted): Promise<void>;
  /** Runs the program to its end, or to its death. */
  run(args: readonly string[], death?: Death): Promise<Ran>;
}

/** Makes a site with a service that nothing is to happen to: `bystander`. */
export async function createSite(): Promise<Site> {
  // Short, so that sockets have room in it.
  const directory = await mkdtemp(join(tmpdir(), "kill-"));
  const [repository, forgeRoot] = [join(directory, "repository"), join(directory, "forge")];
  const bare = join(forgeRoot, "team.git");
  await Promise.all([...["tmp", "home"].map((name) => mkdir(join(directory, name))), mkdir(forgeRoot)]);
  await git(["init", "--quiet", "--initial-branch=main", repository], { cwd: directory });
  await git(["init", "--quiet", "--bare", "--initial-branch=main", bare], { cwd: directory });
  await git(["config", "http.receivepack", "true"], { cwd: bare });
  const forge = await startGitHttp(forgeRoot, token);
  await git(["remote", "add", "origin", `${forge.url}/team.git`], { cwd: repository });
  const files = repositoryAt(repository);
  const port = await freePort();
  await files.commit({
    "server.mjs": await readFile(join(root, "test/fixtures/demo/server.mjs"), "utf8"),
    "bystander.dstack.yml": serviceFile("bystander", { version: 0, replicas: 1 }),
    ".dstack/gitops.yml": `state: { remote: origin }
policy:
  rollout: { startup: 20s, drain: 5s, bake: 0s }
gateways: [{ name: main, type: embedded, default: true, listen: "127.0.0.1:${port}" }]
`,
  });
  const env = environmentOf(directory);
  const start = (args: readonly string[], death?: Death, timeout = 0) =>
    execa(process.execPath, [...(death === undefined ? [] : ["--import", mortal]), cli, ...args], {
      cwd: repository,
      env: { ...env, ...(death === undefined ? {} : deathEnvironment(death)) },
      extendEnv: false,
      reject: false,
      stdin: "ignore",
      all: true,
      timeout,
      killSignal: "SIGKILL",
    });
  const run: Site["run"] = async (args, death) => {
    const { exitCode, signal, timedOut, all } = await start(args, death, longest);
    return { exitCode, signal, timedOut, output: all };
  };
  const gateway = start(["proxy", "serve"]);
  await once(gateway.all, "data");
  return {
    directory,
    repository,
    bare,
    forge,
    gateway: gateway.pid ?? 0,
    url: `http://127.0.0.1:${port}/proxy/services/main/demo/`,
    edit: (wanted) => files.write({ "demo.dstack.yml": serviceFile("demo", wanted) }),
    run,
    async [Symbol.asyncDispose]() {
      for (const name of ["demo", "bystander"]) await run(["destroy", name, "-y", "-q"]);
      gateway.kill("SIGTERM");
      await gateway;
      // Of a failure nothing is to stay.
      for (const { pid } of await processesAt(directory)) endProcess(pid);
      await forge[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function environmentOf(directory: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: directory,
    TMPDIR: join(directory, "tmp"),
    XDG_STATE_HOME: join(directory, "state"),
    XDG_CACHE_HOME: join(directory, "cache"),
    NODE_COMPILE_CACHE: join(root, "node_modules/.cache/kill"),
    DSTACK_GITOPS_TOKEN: token,
    NO_COLOR: "1",
  };
}

function deathEnvironment({ at, children, report }: Death): NodeJS.ProcessEnv {
  return { KILL_AT: String(at), KILL_CHILDREN: children, KILL_REPORT: report };
}

function serviceFile(name: string, { version, replicas }: Wanted): string {
  return `type: service
name: ${name}
auth: false
replicas: ${replicas}
files: [server.mjs]
env: [VERSION=${version}]
commands: [exec node server.mjs]
port: 8000
probes: [{ type: http, url: /health, interval: 1s }]
`;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
