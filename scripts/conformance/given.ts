import type { ObservedInstance } from "../../src/backends/backend.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRevision } from "../../src/reconciler/accept.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import type { ReplicaRecord, ReplicaStatus, ServiceRecord } from "../../src/state/record.ts";
import { allWell, now, offer } from "../../test/support/decisions.ts";
import { readConfiguration } from "./parsing.ts";

export { now, offer };

export const earlier = toTimestamp(now - 3_600_000);
/** Without a bake and without draining, which the reference does not have; cases do not say for how long an instance is on its way. */
export const policy = {
  ...defaultPolicy,
  rollout: { ...defaultPolicy.rollout, bake: 0, drain: 0, provisioning: Infinity },
};

/** A service as a further edit of its file leaves it. */
export function revised(
  record: ServiceRecord | null,
  properties: Readonly<Record<string, unknown>>,
  acceptedAt = now - 1000,
): ServiceRecord {
  const { spec } = readConfiguration({ type: "service", name: "web", port: 80, image: "x", ...properties });
  if (spec === null) throw new Error("the configuration that stands for the case's is invalid");
  const fingerprint = JSON.stringify(properties);
  const revision = { spec, fingerprint, files: [], file: "", commit: null };
  return acceptRevision(record, revision, "where-jobs-differ", { by: "", planId: "", now: acceptedAt, generation: 1 });
}

/** A replica that has been as it is for long. */
export function replicaGiven(
  { num, status, serving }: { readonly num: number; readonly status: ReplicaStatus; readonly serving: boolean },
  deployment: number,
): ReplicaRecord {
  return {
    num,
    deployment,
    token: `web-1-${num}`,
    status,
    backend: offer.backend,
    region: offer.region,
    price: 0,
    instance: status === "submitted" ? null : `i-${num}`,
    address: null,
    submittedAt: status === "submitted" ? toTimestamp(now) : earlier,
    runningAt: status === "running" || status === "terminating" ? earlier : null,
    readyAt: serving ? earlier : null,
    termination: status === "terminating" ? { reason: "scaled-down", since: earlier, drainUntil: earlier } : null,
    error: null,
    failures: 0,
  };
}

/** What is seen of a service of which everything is where it was. */
export function seen(record: ServiceRecord, overrides: Partial<Observed> = {}): Observed {
  return allWell(record, {
    instances: new Map(
      record.replicas.flatMap((each) => (each.instance === null ? [] : [[each.token, instanceOf(record, each)]])),
    ),
    visibility: new Map([[offer.backend, 1_000]]),
    // As there, a successor is asked for once its predecessor is gone, not announced before.
    dedupes: new Map([[offer.backend, false]]),
    probes: new Map(),
    ...overrides,
  });
}

export function instanceOf(record: ServiceRecord, replica: ReplicaRecord): ObservedInstance {
  const { status } = replica;
  return {
    ...replica,
    instance: replica.instance ?? "",
    stateId: "",
    service: record.name,
    replica: replica.num,
    status: status === "running" || status === "pulling" || status === "terminating" ? status : "provisioning",
    exitCode: null,
    startedAt: null,
  };
}
