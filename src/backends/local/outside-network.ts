import { spawn } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";

import { BackendError } from "../errors.ts";
import { hostEnvironment } from "./environment.ts";
import { runTool } from "./run-tool.ts";

type Host = Readonly<Record<string, string | undefined>>;

/** A pipe between a replica and whoever serves it from outside its namespaces: it breaks when the last process of the replica ends. */
export interface Lifeline {
  /** For the replica: held by its processes. */
  readonly held: number;
  /** For the one outside: ends with the replica. */
  readonly watched: number;
  /** Lets go of it in this process. */
  close(): void;
}

/** Makes a lifeline; its name in the directory is gone at once. */
export async function openLifeline(directory: string, host: Host): Promise<Lifeline> {
  const path = join(directory, "lifeline");
  const made = await runTool({ argv: ["mkfifo", "-m", "600", path], host, timeoutMs: 5_000 });
  if (!made.ok) throw new BackendError("local", "unavailable", `cannot make a pipe: ${made.message}`);
  // A pipe opens for writing only once somebody reads it.
  const watched = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const held = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  return {
    held,
    watched,
    close() {
      closeSync(watched);
      closeSync(held);
    },
  };
}

/** What is to be connected. */
export interface OutsideNetwork {
  /** The program, slirp4netns. */
  readonly program: string;
  /** A process in the replica's network namespace. */
  readonly target: number;
  readonly lifeline: Lifeline;
  readonly host: Host;
}

/** Gives a network namespace a way out: addresses of its own, the host's loopback out of reach. Ends with the replica. False: it could not, as where there is no /dev/net/tun. */
export async function attachOutside({ program, target, lifeline, host }: OutsideNetwork): Promise<boolean> {
  const options = ["--configure", "--mtu=65520", "--disable-host-loopback", "--exit-fd=3", "--ready-fd=4"];
  const child = spawn(program, [...options, String(target), "tap0"], {
    env: hostEnvironment(host),
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "ignore", lifeline.watched, "pipe"],
  });
  const ready = child.stdio[4];
  const attached = await new Promise<boolean>((resolve) => {
    child.once("error", () => resolve(false));
    child.once("exit", () => resolve(false));
    if (isReadable(ready)) ready.once("data", () => resolve(true));
  });
  if (isReadable(ready)) ready.destroy();
  child.unref();
  return attached;
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === "object" && stream !== null && "once" in stream && "destroy" in stream;
}
