import type { Settings } from "../config/settings.ts";
import type { Json } from "../lib/canonical-json.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import type { Found } from "../reconciler/inventory.ts";
import type { Due } from "../reconciler/overdue.ts";
import type { Rotated } from "../reconciler/rotation.ts";
import type { Address, ServiceRecord } from "../state/record.ts";
import type { ShownReplica, ShownService } from "./replica-table.ts";
import { serviceUrl } from "./service-url.ts";
import { replicaText, restText, statusText } from "./status.ts";

/** The `ps --json` document. */
export function psJson(
  services: readonly ShownService[],
  settings: Settings,
  { overdue = new Map(), unknown = [], rotated = new Map() }: Besides = {},
): Json {
  return {
    version: 1,
    services: services.map((service) => ({
      ...serviceJson(service, settings),
      overdueSince: timeOf(overdue.get(service.record.name)),
      rotated: (rotated.get(service.record.name) ?? []).map(({ name, replicas }) => ({
        name,
        replicas: [...replicas],
      })),
    })),
    unknown: unknown.map(({ backend, instance, token, service, status, price }) => {
      return { backend, instance, token, service, status, price };
    }),
  };
}

/** What is shown besides the services themselves. */
export interface Besides {
  readonly overdue?: ReadonlyMap<string, Due>;
  /** Instances that the state does not know. */
  readonly unknown?: readonly Found[];
  /** Names of which services run with another value, by service. */
  readonly rotated?: ReadonlyMap<string, readonly Rotated[]>;
}

function timeOf(due: Due | undefined): string | null {
  return due === undefined ? null : toTimestamp(due.at);
}

function serviceJson({ record, status, replicas }: ShownService, settings: Settings) {
  const current = record.deployments.find((deployment) => deployment.num === record.current);
  return {
    name: record.name,
    status,
    statusMessage: statusText(record),
    deployment: record.current,
    fingerprint: current?.fingerprint ?? null,
    url: serviceUrl(record, settings),
    model: current?.spec.model?.name ?? null,
    price: record.replicas.reduce((sum, replica) => sum + replica.price, 0),
    paused: record.paused !== null,
    verdict: record.verdict?.code ?? null,
    restsBecause: restText(record),
    quarantined: record.quarantined.map((entry) => ({ ...entry })),
    replicas: replicas.map((shown) => replicaJson(shown, record)),
  };
}

function replicaJson({ replica, probes }: ShownReplica, record: ServiceRecord): Json {
  return {
    num: replica.num,
    deployment: replica.deployment,
    token: replica.token,
    backend: replica.backend,
    region: replica.region,
    instance: replica.instance,
    status: replica.status,
    statusMessage: replicaText(replica, record),
    ready: replica.readyAt !== null,
    probes: [...probes],
    price: replica.price,
    address: replica.address === null ? null : addressText(replica.address),
    submittedAt: replica.submittedAt,
    error: replica.error?.message ?? null,
  };
}

function addressText(address: Address): string {
  return address.kind === "unix" ? `unix:${address.path}` : `${address.host}:${address.port}`;
}
