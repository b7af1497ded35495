import { readFileSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { MachineBackend } from "../../../src/backends/backend.ts";
import { createLocalBackend } from "../../../src/backends/local/index.ts";
import type { LocalOptions } from "../../../src/backends/local/index.ts";
import type { BackendUnderTest } from "../contract.ts";

/** How the backend is made for a test. */
export interface LocalVariant extends Partial<LocalOptions> {
  readonly network: "isolated" | "host";
  /** `none`: as on a host that allows none. */
  readonly namespaces?: "none";
}

/** The local backend, and the directory that all of it is in. */
export interface LocalUnderTest extends BackendUnderTest {
  readonly directory: string;
  readonly options: LocalOptions;
  open(overrides?: Partial<LocalOptions>): MachineBackend;
}

/** The local backend in a directory of its own. */
export async function makeLocal({ namespaces, ...variant }: LocalVariant): Promise<LocalUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), "dstack-gitops-local-"));
  const canary = `CANARY${process.pid}${Date.now()}`;
  const isolation = { kind: "group", network: "host", prefix: [], outside: null, notes: [] } as const;
  const options: LocalOptions = {
    runtimeDirectory: join(directory, "runtime"),
    hostId: "host-1",
    bootId: "boot-1",
    environment: { ...process.env, GITHUB_TOKEN: canary, MY_SECRET: canary },
    ...(namespaces === "none" ? { isolation } : {}),
    ...variant,
  };
  return {
    directory,
    options,
    open: (overrides = {}) => createLocalBackend({ ...options, ...overrides }),
    job: {},
    startMs: 10_000,
    canary,
    visible: async () => `${await contents(directory)}\n${commandLines().join("\n")}`,
    leftovers: async () => [
      ...commandLines().filter((line) => line.includes(directory)),
      ...inDirectory(directory),
      ...(await files(options.runtimeDirectory)),
    ],
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function files(directory: string): Promise<readonly string[]> {
  return readdir(directory, { recursive: true }).catch(() => []);
}

async function contents(directory: string): Promise<string> {
  const texts = (await files(directory)).map((name) => readFile(join(directory, name), "latin1").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

/** Of every process of this host. */
export function commandLines(): readonly string[] {
  return pids().map((pid) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " "));
}

/** Processes whose environment names the directory: all that a replica starts are among them. */
export function inDirectory(directory: string): readonly string[] {
  return pids().filter((pid) => read(`/proc/${pid}/environ`).includes(`DSTACK_REPO_DIR=${directory}`));
}

function pids(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
