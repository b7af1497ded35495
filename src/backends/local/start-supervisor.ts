import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

import { BackendError } from "../errors.ts";
import { hostEnvironment } from "./environment.ts";
import type { Isolation } from "./isolation.ts";
import type { Launch, LaunchAnswer } from "./launch.ts";
import { attachOutside, openLifeline } from "./outside-network.ts";
import type { Lifeline } from "./outside-network.ts";
import { compileCache, supervisorEntry } from "./supervisor-entry.ts";

const answers: readonly string[] = ["published", "taken"] satisfies readonly LaunchAnswer[];

/** Starts a supervisor that outlives this process, and returns when it has published its replica, or found that another has. */
export async function startSupervisor(
  isolation: Isolation,
  launch: Omit<Launch, "notice">,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LaunchAnswer> {
  const [file, ...args] = [...isolation.prefix, process.execPath, ...nodeOptions, supervisorEntry()];
  const stderr = openSync(join(launch.staging, complaints), "a", 0o600);
  const lifeline = isolation.outside === null ? null : await openLifeline(launch.staging, environment);
  const child = spawn(file ?? process.execPath, args, {
    cwd: "/",
    env: { ...hostEnvironment(environment), ...compileCache() },
    detached: true,
    stdio: ["pipe", "pipe", stderr, ...(lifeline === null ? [] : [lifeline.held])],
  });
  closeSync(stderr);
  const failed = new Promise<string>((resolve) => child.once("error", () => resolve("")));
  const notice = await Promise.race([
    connectOutside({ child, lifeline, program: isolation.outside, environment }),
    failed,
  ]);
  lifeline?.close();
  const answer = await Promise.race([talk(child, { ...launch, notice }), failed]);
  child.unref();
  if (isAnswer(answer)) return answer;
  const places = [launch.directory, launch.staging].map((directory) => join(directory, complaints));
  const [said = "it said nothing"] = (await Promise.all(places.map(read))).filter((text) => text !== "");

  throw new BackendError("local", "unavailable", `the supervisor of ${launch.instance.token} did not start: ${said}`);
}

/** Where a supervisor that fails says why. */
const complaints = "supervisor.log";

/** Small and quiet: it relays bytes and waits. */
const nodeOptions = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=1", "--max-old-space-size=64"];

/** One line there, one line back. Should this process die while it writes, the supervisor sees that the line is not whole. */
async function talk(child: ChildProcess, launch: Launch): Promise<string> {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("expected pipes to the supervisor");
  stdin.on("error", () => undefined);
  stdin.end(`${JSON.stringify(launch)}\n`);
  const answer = await lineOf(stdout);
  stdout.destroy();
  return answer;
}

/** Empty when the other side is gone. */
function lineOf(output: Readable): Promise<string> {
  return new Promise((resolve) => {
    output.once("data", (data: Buffer) => resolve(data.toString().trim()));
    output.once("close", () => resolve(""));
  });
}

interface Connection {
  readonly child: ChildProcess;
  readonly lifeline: Lifeline | null;
  readonly program: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Once the namespaces are there, and before anything runs in them. What the service's log is to say of it, if anything. */
async function connectOutside({ child, lifeline, program, environment }: Connection): Promise<string | null> {
  if (lifeline === null || program === null || child.stdout === null) return null;
  const up = await lineOf(child.stdout);
  if (up === "" || child.pid === undefined) return null;
  const attached = await attachOutside({ program, target: child.pid, lifeline, host: environment });
  return attached ? null : "no outside network: slirp4netns cannot attach to the replica";
}

function read(path: string): Promise<string> {
  return readFile(path, "utf8").then(
    (text) => text.trim(),
    () => "",
  );
}

function isAnswer(answer: string): answer is LaunchAnswer {
  return answers.includes(answer);
}
