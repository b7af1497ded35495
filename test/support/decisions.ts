import type { ObservedInstance, Offer } from "../../src/backends/backend.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import type { Policy } from "../../src/config/settings.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRevision } from "../../src/reconciler/accept.ts";
import type { Replacement } from "../../src/reconciler/accept.ts";
import { noSupply } from "../../src/reconciler/observed.ts";
import type { Observed, ProbeStreak } from "../../src/reconciler/observed.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { healthProbe, revisionOf, specOf } from "./specs.ts";

export const now = Date.parse("2026-01-01T12:00:00Z");
export const policy: Policy = defaultPolicy;
export const offer: Offer = {
  backend: "local",
  region: "local",
  instance: "localhost",
  resources: "cpu=2",
  spot: false,
  price: 0,
  availability: "available",
};

export function accepted(
  record: ServiceRecord | null,
  overrides: Partial<ServiceSpec> = {},
  replacement: Replacement = "where-jobs-differ",
): ServiceRecord {
  const spec = specOf({ replicas: { min: 2, max: 2 }, probes: [healthProbe], ...overrides });
  return acceptRevision(record, revisionOf(spec), replacement, { by: "me", planId: "", now, generation: 3 });
}

/** A service that settled long ago, with all its replicas serving. */
export function settled(overrides: Partial<ServiceSpec> = {}): ServiceRecord {
  const record = accepted(null, overrides);
  const ago = toTimestamp(now - 3_600_000);
  const count = record.deployments[0]?.spec.replicas.min ?? 0;
  return {
    ...record,
    attempts: count,
    deployments: record.deployments.map((deployment) => ({ ...deployment, acceptedAt: ago, settledAt: ago })),
    replicas: Array.from({ length: count }, (_, num) => serving(num, 0)),
  };
}

export function serving(num: number, deployment: number): ReplicaRecord {
  const ago = toTimestamp(now - 3_600_000);
  return {
    ...submitted(num, deployment),
    status: "running",
    instance: `i-${num}`,
    address: { kind: "tcp", host: "127.0.0.1", port: 9000 + num },
    submittedAt: ago,
    runningAt: ago,
    readyAt: ago,
  };
}

/** One that serves since the edit that is rolled out. */
export function fresh(num: number, deployment: number): ReplicaRecord {
  const at = toTimestamp(now);
  return { ...serving(num, deployment), submittedAt: at, runningAt: at, readyAt: at };
}

export function submitted(num: number, deployment: number): ReplicaRecord {
  return {
    num,
    deployment,
    token: `web-3-${num + 1}`,
    status: "submitted",
    backend: "local",
    region: "local",
    price: 0,
    instance: null,
    address: null,
    submittedAt: toTimestamp(now),
    runningAt: null,
    readyAt: null,
    termination: null,
    error: null,
    failures: 0,
  };
}

export const passing: ProbeStreak = { successes: 5, failures: 0, last: { ok: true, status: 200, error: null } };

export function failing(failures: number): ProbeStreak {
  return { successes: 0, failures, last: { ok: false, status: 503, error: null } };
}

/**
 * Everything recorded runs and passes its probes, and what is asked for can be had. Of instances that a test gives instead
 * those that are missing were not asked, either.
 */
export function allWell(record: ServiceRecord, overrides: Partial<Observed> = {}): Observed {
  const running = record.replicas.filter((replica) => replica.instance !== null);
  const { instances = new Map(running.map((replica) => [replica.token, instanceOf(replica)])), blind } = overrides;
  const asked = running.filter(({ token, backend }) => instances.has(token) || blind?.has(backend) === true);
  return {
    instances,
    blind: new Map(),
    visibility: new Map([["local", 0]]),
    dedupes: new Map([["local", true]]),
    probes: new Map(asked.map((replica) => [replica.token, [passing]])),
    drained: new Set(),
    unpublished: false,
    outcomes: new Map(),
    load: null,
    traffic: new Map(),
    supply: { ...noSupply, offers: [offer] },
    ...overrides,
  };
}

export function instanceOf(replica: ReplicaRecord, overrides: Partial<ObservedInstance> = {}): ObservedInstance {
  const { token, num, deployment, region, price, address } = replica;
  return {
    token,
    instance: `i-${num}`,
    stateId: "s",
    service: "web",
    replica: num,
    deployment,
    region,
    price,
    status: "running",
    address,
    exitCode: null,
    startedAt: now,
    ...overrides,
  };
}
