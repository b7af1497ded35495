import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { BackendError } from "../errors.ts";
import { hostEnvironment } from "./environment.ts";
import type { Isolation } from "./isolation.ts";
import type { Launch, LaunchAnswer } from "./launch.ts";
import { compileCache, supervisorEntry } from "./supervisor-entry.ts";

const answers: readonly string[] = ["published", "taken"] satisfies readonly LaunchAnswer[];

/** Starts a supervisor that outlives this process, and returns when it has published its replica, or found that another has. */
export async function startSupervisor(
  isolation: Isolation,
  launch: Launch,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LaunchAnswer> {
  const [file, ...args] = [...isolation.prefix, process.execPath, ...nodeOptions, supervisorEntry()];
  const stderr = openSync(join(launch.staging, complaints), "a", 0o600);
  const child = spawn(file ?? process.execPath, args, {
    cwd: "/",
    env: { ...hostEnvironment(environment), ...compileCache() },
    detached: true,
    stdio: ["pipe", "pipe", stderr],
  });
  closeSync(stderr);
  const answer = await talk(child, launch);
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
  const failed = new Promise<string>((resolve) => child.once("error", () => resolve("")));
  stdin.on("error", () => undefined);
  stdin.end(`${JSON.stringify(launch)}\n`);
  const line = new Promise<string>((resolve) => {
    stdout.once("data", (data: Buffer) => resolve(data.toString().trim()));
    stdout.once("end", () => resolve(""));
  });
  const answer = await Promise.race([line, failed]);
  stdout.destroy();
  return answer;
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
