import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

import { dispose, removeSockets } from "./dispose.ts";
import { writeInstanceFile } from "./instance-file.ts";
import type { LocalInstance } from "./instance-file.ts";
import type { Launch } from "./launch.ts";
import { createLogWriter } from "./log-writer.ts";
import type { LogWriter } from "./log-writer.ts";
import { watchPort } from "./port-watch.ts";
import { markedTree, namespaceTree } from "./process-tree.ts";
import type { ProcessTree } from "./process-tree.ts";
import type { Relay } from "./relay.ts";

/** A replica whose commands have been started. */
export interface RunningReplica {
  /** Asks everything of it to end, and sees to it. False: it had ended by itself, and only its traces are left. */
  readonly terminate: () => boolean;
  /** Resolves when nothing of it runs and what is on disk says so. */
  readonly ended: Promise<void>;
}

/** What a command that listens on the wrong port ends with: EX_CONFIG of sysexits.h. */
const wrongPortCode = 78;
const pollMs = 5;
/** How long what is under way may take once the processes have ended: connections to be flushed, pipes held by others. */
const flushMs = 1_000;

/** The life of a replica, from its first command to its last trace. */
export function runReplica(launch: Launch, initial: LocalInstance, relay: Relay | null): RunningReplica {
  let instance: LocalInstance = { ...initial, phase: "running", startedAt: Date.now() };
  const save = (change: Partial<LocalInstance>): void =>
    writeInstanceFile(launch.directory, (instance = { ...instance, ...change }));
  save({});
  const log = createLogWriter(launch.directory);
  if (launch.notice !== null) log.write("stderr", `dstack-gitops: ${launch.notice}`);
  const leader: { pid?: number | undefined } = {};
  const tree =
    instance.isolation === "namespaces"
      ? namespaceTree(launch.outerNamespace)
      : markedTree(instance.nonce, () => leader.pid);
  const commands = startCommands(launch, log);
  leader.pid = commands.pid;
  let deadline = Number.POSITIVE_INFINITY;

  async function live(): Promise<void> {
    const exitCode = await commands.exited;
    while (Date.now() < deadline && instance.phase === "terminating" && tree.signal(0)) await pause(pollMs);
    await killAll(tree);
    await Promise.all([relay?.drain(flushMs), Promise.race([commands.logged, pause(flushMs)])]);
    if (instance.phase === "terminating") return dispose(launch.directory, instance, launch.places);
    save({ phase: "exited", exitCode });
    return removeSockets(instance, launch.directory);
  }

  function terminate(): boolean {
    if (instance.phase !== "running") return instance.phase === "terminating";
    save({ phase: "terminating" });
    deadline = Date.now() + launch.graceMs;
    tree.signal("SIGTERM");
    setTimeout(() => tree.signal("SIGKILL"), launch.graceMs);
    return true;
  }

  watchOwnPort(launch, log, () => commands.fail(wrongPortCode));
  return { terminate, ended: live() };
}

interface Commands {
  readonly pid: number | undefined;
  readonly exited: Promise<number>;
  /** Resolves when everything that was printed is in the log. */
  readonly logged: Promise<unknown>;
  /** Ends them with this exit code. */
  fail(code: number): void;
}

function startCommands(launch: Launch, log: LogWriter): Commands {
  const failed = Promise.withResolvers<number>();
  let child: ChildProcess;
  try {
    child = spawn(launch.argv[0] ?? "", launch.argv.slice(1), {
      cwd: launch.cwd,
      env: launch.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  } catch (error) {
    // Too long an environment, for one, is thrown instead of emitted.
    failed.resolve(reportFailure(error, log));
    return { pid: undefined, exited: failed.promise, logged: failed.promise, fail: failed.resolve };
  }
  child.once("error", (error) => failed.resolve(reportFailure(error, log)));
  const { stdout, stderr } = child;
  const logged = Promise.all([
    stdout === null ? null : log.follow("stdout", stdout),
    stderr === null ? null : log.follow("stderr", stderr),
  ]);
  const exited = new Promise<number>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))),
  );
  return { pid: child.pid, exited: Promise.race([exited, failed.promise]), logged, fail: failed.resolve };
}

/** As a shell would: 127 for what is not there, 126 for what cannot be run. */
function reportFailure(error: unknown, log: LogWriter): number {
  const message = error instanceof Error ? error.message : String(error);
  log.write("stderr", `dstack-gitops: cannot start the commands: ${message}`);
  return message.includes("ENOENT") ? 127 : 126;
}

async function killAll(tree: ProcessTree): Promise<void> {
  const deadline = Date.now() + flushMs;
  while (tree.signal("SIGKILL") && Date.now() < deadline) await pause(1);
}

/** In a network of its own every port is the service's. */
function watchOwnPort(launch: Launch, log: LogWriter, fail: () => void): void {
  const { address } = launch.instance;
  if (address.kind === "unix") return;
  const onWrongPort = (): void => {
    log.write(
      "stderr",
      `dstack-gitops: the service listens on port ${launch.port}, not on ${address.port}: replicas share the host's network here, so each is to listen on the port in the environment variable PORT`,
    );
    fail();
  };
  watchPort({ assigned: address.port, own: launch.port, onWrongPort }).catch((error: unknown) =>
    log.write("stderr", `dstack-gitops: ${String(error)}`),
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
