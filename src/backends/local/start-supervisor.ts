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

const answers: readonly string[] = ["published", "taken", "fenced"] satisfies readonly LaunchAnswer[];

/** A supervisor that runs, and waits to be told what its replica is. */
export interface WaitingSupervisor {
  /** Where its replica is prepared. */
  readonly staging: string;
  readonly isAlive: () => boolean;
  /** Resolves when it has published the replica, or found that another has; it outlives this process then. */
  launch(launch: Omit<Launch, "notice">): Promise<LaunchAnswer>;
  /** Ends it, unless it was told: a replica is ended by its backend alone. */
  kill(): void;
}

/** Starts a supervisor before it is known what for: its own start takes longer than all that is prepared for it. */
export async function startSupervisor(
  isolation: Isolation,
  staging: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<WaitingSupervisor> {
  const [file, ...args] = [...isolation.prefix, process.execPath, ...nodeOptions, supervisorEntry()];
  const lifeline = isolation.outside === null ? null : await openLifeline(staging, environment);
  const stderr = openSync(join(staging, complaints), "a", 0o600);
  const child = spawn(file ?? process.execPath, args, {
    cwd: "/",
    env: { ...hostEnvironment(environment), ...compileCache() },
    detached: true,
    stdio: ["pipe", "pipe", stderr, ...(lifeline === null ? [] : [lifeline.held])],
  });
  closeSync(stderr);
  child.stdin?.on("error", () => undefined);
  // From the first moment: nobody may be listening when a spare one dies.
  const ended = new Promise<string>((resolve) => {
    child.once("error", () => resolve(""));
    child.once("close", () => resolve(""));
  });
  const connected = Promise.race([
    connectOutside({ child, lifeline, program: isolation.outside, environment }),
    ended.then(() => null),
  ]).finally(() => lifeline?.close());
  let told = false;
  return {
    staging,
    isAlive: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    async launch(launch) {
      told = true;
      const answer = await Promise.race([talk(child, { ...launch, notice: await connected }), ended]);
      child.unref();
      if (isAnswer(answer)) return answer;
      const places = [launch.directory, staging].map((directory) => join(directory, complaints));
      const [said = "it said nothing"] = (await Promise.all(places.map(read))).filter((text) => text !== "");
      throw new BackendError(
        "local",
        "unavailable",
        `the supervisor of ${launch.instance.token} did not start: ${said}`,
      );
    },
    kill() {
      if (!told) child.kill("SIGKILL");
    },
  };
}

/** Where a supervisor that fails says why. */
const complaints = "supervisor.log";

/** Small and quiet: it relays bytes and waits. */
const nodeOptions = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=1", "--max-old-space-size=64"];

/** One line there, one line back. Should this process die while it writes, the supervisor sees that the line is not whole. */
async function talk(child: ChildProcess, launch: Launch): Promise<string> {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("expected pipes to the supervisor");
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
