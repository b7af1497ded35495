import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import type { ServiceSource } from "../src/config/parse.ts";
import { parseServices } from "../src/config/services.ts";
import { systemClock } from "../src/lib/clock.ts";
import { toTimestamp } from "../src/lib/timestamp.ts";
import { acceptRevision } from "../src/reconciler/accept.ts";
import { gitBranchStore } from "../src/state/git-branch.ts";
import type { ServiceRecord } from "../src/state/record.ts";
import type { StateStore } from "../src/state/store.ts";

/** A repository with many services, all recorded as settled and running; nothing of them really runs. */
export interface ManyServices extends AsyncDisposable {
  readonly directory: string;
  readonly names: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly store: StateStore;
  /** Edits the commands of the first `count` services. */
  change(count: number): Promise<void>;
}

export async function manyServices(count: number): Promise<ManyServices> {
  const root = await mkdtemp(join(tmpdir(), "bench-many-"));
  const directory = join(root, "repository");
  const names = Array.from({ length: count }, (_, index) => `service-${index}`);
  const env = { XDG_STATE_HOME: join(root, "state"), XDG_CACHE_HOME: join(root, "cache"), NO_COLOR: "1" };
  await execa("git", ["init", "-q", "-b", "main", directory]);
  await Promise.all(names.map(async (name) => write(name, "1")));
  const store = gitBranchStore({ root: directory, branch: "dstack-state", remote: null, clock: systemClock });
  const { services } = parseServices(
    names.map((name) => ({ path: `${name}/.dstack.yml`, bytes: new TextEncoder().encode(fileOf(name, "1")) })),
  );
  const basis = await store.load();
  await store.commit({
    message: "Record them all",
    services: services.map((service) => ({ name: service.spec.name, record: recordOf(service) })),
    basis,
  });
  return {
    directory,
    names,
    env,
    store,
    change: async (changed) => void (await Promise.all(names.slice(0, changed).map(async (name) => write(name, "2")))),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };

  async function write(name: string, version: string): Promise<void> {
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, name, ".dstack.yml"), fileOf(name, version));
  }
}

function fileOf(name: string, version: string): string {
  return `type: service
name: ${name}
auth: false
replicas: 2
env:
  - MODEL_ID=meta-llama/Meta-Llama-3.1-8B-Instruct
  - MAX_MODEL_LEN=4096
commands:
  - serve --version ${version}
port: 8000
probes:
  - type: http
    url: /health
    interval: 15s
resources:
  cpu: 4..
  memory: 8GB..
`;
}

function recordOf(service: ServiceSource): ServiceRecord {
  const { spec, fingerprint, file } = service;
  const at = toTimestamp(systemClock.now() - 3_600_000);
  const record = acceptRevision(null, { spec, fingerprint, files: [], file, commit: null }, "where-jobs-differ", {
    by: "bench",
    planId: "",
    now: systemClock.now(),
    generation: 0,
  });
  return {
    ...record,
    attempts: 2,
    deployments: record.deployments.map((deployment) => ({ ...deployment, settledAt: at })),
    replicas: [0, 1].map((num) => ({
      num,
      deployment: 0,
      token: `${spec.name}-0-${num + 1}`,
      status: "running",
      backend: "local",
      region: "local",
      price: 0,
      instance: `i-${num}`,
      address: { kind: "tcp", host: "127.0.0.1", port: 1 },
      submittedAt: at,
      runningAt: at,
      readyAt: at,
      termination: null,
      error: null,
      failures: 0,
    })),
  };
}
