import { execFile, spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

import { freePort } from "../../test/support/free-port.ts";
import { dstackVersion } from "./server.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const venv = join(root, ".peers", "dstack");

/** The Python that has the reference's server, of the version that is wanted; `null`: none has. */
export async function installedPython(): Promise<string | null> {
  const installed = await readFile(join(venv, "installed"), "utf8").catch(() => "");
  return installed.trim() === `dstack[server]==${dstackVersion}` ? join(venv, "bin", "python") : null;
}

/** A server of ours: nobody else's runs are on it, and all that it wrote goes with it. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

const token = "oracle";
const startMs = 120_000;

/** Starts the reference's server on a free port, offline, with nothing running in the background: a run stays as it was submitted. */
export async function startServer(signal: AbortSignal): Promise<OwnServer> {
  const python = (await installedPython()) ?? (await install(signal));
  const directory = await mkdtemp(join(tmpdir(), "dstack-oracle-"));
  const port = await freePort();
  const log = await open(join(directory, "log"), "w");
  const child = spawn(python, [join(import.meta.dirname, "serve.py"), String(port)], {
    cwd: directory,
    stdio: ["ignore", log.fd, log.fd],
    env: {
      PATH: process.env["PATH"],
      HOME: directory,
      DSTACK_SERVER_DIR: join(directory, "server"),
      DSTACK_SERVER_ADMIN_TOKEN: token,
      DSTACK_SERVER_BACKGROUND_PROCESSING_DISABLED: "1",
      DSTACK_DEFAULT_CREDS_DISABLED: "1",
      DSTACK_DO_NOT_UPDATE_DEFAULT_PROJECT: "1",
    },
  });
  await log.close();
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    const isUp = await Promise.race([answers(url, signal), ended.then(() => false)]);
    if (!isUp) throw new Error(`the server did not start:\n${await readFile(join(directory, "log"), "utf8")}`);
    const database = join(directory, "server", "data", "sqlite.db");
    await run(python, [join(import.meta.dirname, "seed.py"), database, "data", "edge", "main"]);
    return { url, token, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function install(signal: AbortSignal): Promise<string> {
  await run("bash", [join(root, "scripts", "install-peers.sh"), "dstack"], { maxBuffer: 2 ** 26, signal });
  const python = await installedPython();
  if (python === null) throw new Error("scripts/install-peers.sh did not install the server");
  return python;
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const response = await fetch(`${url}/healthcheck`, { signal }).catch(() => null);
    if (response?.ok === true) return true;
    await delay(100, undefined, { signal });
  }
  return false;
}
