import { randomUUID } from "node:crypto";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";
import { z } from "zod";

import { freePort } from "./free-port.ts";
import { tempDirectory, tempRepository } from "./temp-repository.ts";
import type { TempRepository } from "./temp-repository.ts";

const root = join(import.meta.dirname, "../..");
const cli = join(root, "src/cli.ts");
const server = join(root, "test/fixtures/demo/server.mjs");

/** What the demo service of a test is to be. */
export interface DemoService {
  readonly version?: string;
  readonly mode?: "healthy" | "never-ready" | "exits" | "never-listens" | "fails-requests";
  readonly replicas?: number;
  readonly readyAfterMs?: number;
  readonly probe?: string | null;
  readonly env?: readonly string[];
  readonly auth?: boolean;
  readonly extra?: string;
}

export interface Demo extends AsyncDisposable {
  readonly repository: TempRepository;
  readonly url: string;
  /** For the program: nothing of the person's own state is touched. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes the service file, and leaves the work tree dirty. */
  edit(service: DemoService): Promise<void>;
  /** Runs the program to its end; never rejects. An object among the arguments is environment. */
  run(...args: readonly (string | Readonly<Record<string, string>>)[]): Promise<Ran>;
  /** Starts it and leaves it running. */
  start(...args: readonly string[]): Started;
  /** Pids of the service's own processes that run now. */
  processes(): Promise<readonly number[]>;
}

type Started = ReturnType<typeof startProgram>;

function startProgram(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
) {
  return execa(process.execPath, args, { cwd, env, reject: false, buffer: false, stdin: "ignore" });
}

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A repository with one small web service, its own runtime directory, and the program to run in it. Ends every process that it started. */
export async function createDemo(
  options: { readonly settings?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Demo> {
  const repository = await tempRepository();
  const state = await tempDirectory();
  const mark = randomUUID();
  const port = await freePort();
  const env = {
    XDG_STATE_HOME: state.path,
    XDG_CACHE_HOME: join(state.path, "cache"),
    NO_COLOR: "1",
    GITHUB_ACTIONS: "",
    DSTACK_TOKEN: "",
    // A profile of the person who runs the tests is none of theirs.
    DSTACK_PROFILE: "",
    DSTACK_NO_PROFILE: "1",
    ...options.env,
  };
  await repository.commit({
    "server.mjs": await readFile(server, "utf8"),
    ".dstack/gitops.yml": `${options.settings ?? defaultSettings}
gateways: [{ name: main, type: embedded, default: true, listen: "127.0.0.1:${port}" }]
`,
  });
  const demo: Demo = {
    repository,
    env,
    url: `http://127.0.0.1:${port}/proxy/services/main/demo/`,
    edit: (service) => repository.write({ ".dstack.yml": serviceFile(service, mark) }),
    async run(...args) {
      const words = args.filter((arg) => typeof arg === "string");
      const more = Object.fromEntries(args.flatMap((arg) => (typeof arg === "string" ? [] : Object.entries(arg))));
      const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, ...words], {
        cwd: repository.path,
        env: { ...env, ...more },
        reject: false,
        stdin: "ignore",
      });
      return { exitCode, stdout, stderr };
    },
    start: (...args) => startProgram([cli, ...args], { cwd: repository.path, env }),
    processes: () => processesMarked(mark),
    async [Symbol.asyncDispose]() {
      await demo.run("destroy", "demo", "-y", "-q");
      for (const pid of await processesMarked(mark)) process.kill(pid, "SIGKILL");
      await Promise.all([repository[Symbol.asyncDispose](), state[Symbol.asyncDispose]()]);
    },
  };
  return demo;
}

const defaultSettings = `policy:
  rollout: { startup: 4s, drain: 5s }`;

function serviceFile(service: DemoService, mark: string): string {
  const probe = service.probe === undefined ? "/health" : service.probe;
  const env = [
    `MARK=${mark}`,
    `VERSION=${service.version ?? "1"}`,
    `MODE=${service.mode ?? "healthy"}`,
    `READY_AFTER_MS=${service.readyAfterMs ?? 0}`,
    ...(service.env ?? []),
  ];
  return `type: service
name: demo
auth: ${service.auth ?? false}
replicas: ${service.replicas ?? 2}
files: [server.mjs]
env:
${env.map((item) => `  - ${item}`).join("\n")}
commands:
  - exec node server.mjs
port: 8000
${probe === null ? "" : `probes: [{ type: http, url: ${probe}, interval: 1s }]`}
${service.extra ?? ""}
`;
}

/** The service's own processes, not what keeps them. */
async function processesMarked(mark: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(
    pids.map(async (pid) => {
      try {
        const [environment, command, executable] = await Promise.all([
          readFile(`/proc/${pid}/environ`, "utf8"),
          readFile(`/proc/${pid}/cmdline`, "utf8"),
          readlink(`/proc/${pid}/exe`),
        ]);
        return environment.includes(`MARK=${mark}`) && command.includes("server.mjs") && executable.endsWith("node")
          ? [pid]
          : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    }),
  );
  return marked.flat();
}

/** Where `local` keeps what it lists. */
export async function replicasDirectoryOf({ env }: Pick<Demo, "env">): Promise<string> {
  const home = join(env["XDG_STATE_HOME"] ?? "", "dstack-gitops");
  const [place = ""] = (await readdir(home)).filter((name) => /^[0-9a-f]+$/.test(name));
  return join(home, place, "replicas");
}

/** What `ps --json` says of the demo service; `null` where it is not deployed. */
export async function shownBy(demo: Demo): Promise<ShownDemo | null> {
  const { stdout } = await demo.run("ps", "--json");
  return Shown.parse(JSON.parse(stdout)).services[0] ?? null;
}

const Shown = z.object({
  version: z.literal(1),
  services: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      deployment: z.number(),
      verdict: z.string().nullable(),
      quarantined: z.array(z.looseObject({ deployment: z.number() })),
      replicas: z.array(
        z.object({
          num: z.number(),
          deployment: z.number(),
          status: z.string(),
          ready: z.boolean(),
          token: z.string(),
        }),
      ),
    }),
  ),
});

export type ShownDemo = z.infer<typeof Shown>["services"][number];
