import { parseSettings } from "../../src/config/settings-file.ts";
import type { Settings } from "../../src/config/settings.ts";
import type { ReplicaRecord, ServiceRecord, ServiceState } from "../../src/state/record.ts";
import type { Snapshot } from "../../src/state/store.ts";
import type { Verdict } from "../../src/state/verdict.ts";
import { healthProbe, specOf } from "./specs.ts";
import { intentOf, leaseOf, recordOf } from "./state-values.ts";

const at = "2026-01-02T03:04:05.000Z";

export function settingsFrom(text: string): Settings {
  const { settings, diagnostics } = parseSettings({ path: "gitops.yml", bytes: new TextEncoder().encode(text) });
  if (settings === null) throw new Error(JSON.stringify(diagnostics));
  return settings;
}

export const sampleSettings = settingsFrom("gateways: [{ name: main, type: nginx, domain: models.example.com }]");

/** A service with probes and a price, of which so many replicas serve. */
export function service(name: string, count: number, overrides: Partial<ServiceRecord> = {}): ServiceRecord {
  const base = recordOf(name);
  const spec = specOf({ name, probes: [healthProbe, healthProbe], replicas: { min: count, max: count } });
  return {
    ...base,
    deployments: base.deployments.map((deployment) => ({
      ...deployment,
      spec,
      commit: "8f1c2d3e4b5a69788f1c2d3e4b5a69788f1c2d3e",
    })),
    replicas: Array.from({ length: count }, (_, num) => replicaOf(name, num)),
    ...overrides,
  };
}

export function replicaOf(name: string, num: number, overrides: Partial<ReplicaRecord> = {}): ReplicaRecord {
  const [replica] = recordOf(name).replicas;
  if (replica === undefined) throw new Error("a settled service has a replica");
  return {
    ...replica,
    num,
    token: `${name}-1-${num + 1}`,
    backend: "runpod",
    region: "CA-MTL-1",
    price: 0.22,
    ...overrides,
  };
}

export function unhealthy(overrides: Partial<Verdict> = {}): Verdict {
  return {
    code: "unhealthy",
    deployment: 0,
    replica: 1,
    message: "replica 1 did not become ready within 600 s",
    at,
    evidence: {
      probes: [
        { probe: 0, url: "/health", status: 503, error: null },
        { probe: 1, url: "/health", status: null, error: "connection refused" },
      ],
      exitCode: 137,
      backend: "runpod",
      traffic: { new: { requests: 200, errors: 31, seconds: 0.412 }, old: { requests: 1800, errors: 2, seconds: 0.2 } },
    },
    ...overrides,
  };
}

/** A state with a service of every kind that the page tells apart. */
export function sampleState(): Snapshot {
  const [first] = service("bad", 2).deployments;
  if (first === undefined) throw new Error("a service has a deployment");
  const starting = { status: "provisioning", readyAt: null, runningAt: null } as const;
  const error = {
    code: "exited",
    retryAt: "2026-01-02T03:09:05.000Z",
    exitCode: 1,
    message: "exited with code 1",
    at,
  } as const;
  const states: readonly ServiceState[] = [
    of(service("llama31", 3)),
    of(service("embeddings", 1)),
    of({
      ...service("chat-with-a-rather-long-name-that-has-to-be-wrapped", 2),
      verdict: unhealthy(),
      quarantined: [{ fingerprint: first.fingerprint, acceptance: 1, deployment: 0, at }],
      replicas: [replicaOf("chat", 0), replicaOf("chat", 1, { readyAt: null })],
    }),
    of(
      service("rerank", 2, {
        replicas: [replicaOf("rerank", 0), replicaOf("rerank", 1, { status: "failed", error, failures: 2 })],
      }),
    ),
    {
      ...of(service("whisper", 2, { replicas: [replicaOf("whisper", 0), replicaOf("whisper", 1, starting)] })),
      intents: [intentOf("whisper", 2)],
      lease: leaseOf("nonce", 1),
    },
    of(service("vision", 1, { paused: { at, by: "maria" } })),
    of(
      service("needs-secret", 1, {
        replicas: [],
        verdict: {
          ...unhealthy(),
          code: "missing-env",
          replica: null,
          message: "no value here for HF_TOKEN",
          evidence: { missing: ["HF_TOKEN"] },
        },
      }),
    ),
    of(service("leaving", 1, { target: null })),
    of({ ...timed("nightly"), window: { openedAt: at, seenAt: at, closedAt: at }, replicas: [] }),
  ];
  return stateOf(states);
}

function timed(name: string): ServiceRecord {
  const record = service(name, 1);
  const deployments = record.deployments.map((deployment) => ({
    ...deployment,
    spec: { ...deployment.spec, max_duration: 3600, schedule: { cron: ["0 8 * * *"] } },
  }));
  return { ...record, deployments, spent: { month: "2026-01", amount: 12.5 } };
}

export function of(record: ServiceRecord): ServiceState {
  return { record, intents: [], lease: null };
}

export function stateOf(states: readonly ServiceState[]): Snapshot {
  const named = states.flatMap((state) => (state.record === null ? [] : [[state.record.name, state] as const]));
  return { commit: null, generation: 42, stateId: "s", services: new Map(named) };
}
