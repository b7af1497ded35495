import type { Lease, LeaseOwner } from "../state/lease-record.ts";
import { isSameOwner } from "../state/lease.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { ServiceChange, Snapshot, StateStore } from "../state/store.ts";
import { acceptRemoval, acceptRevision } from "./accept.ts";
import type { Acceptance } from "./accept.ts";
import { acceptanceOf } from "./commit-message.ts";
import { intentsOf } from "./intents.ts";
import { ownTarget } from "./own-target.ts";
import type { OwnTarget } from "./own-target.ts";
import type { PlannedService } from "./plan-document.ts";
import { contentsOf } from "./revision-of.ts";

export interface Accepting {
  readonly store: StateStore;
  readonly leaseOwner: LeaseOwner;
  readonly acceptance: Acceptance;
  readonly signal: AbortSignal;
}

/** The state after accepting, and what was accepted of each service. */
export interface AcceptedPlan {
  readonly snapshot: Snapshot;
  readonly own: ReadonlyMap<string, OwnTarget>;
}

/** Makes the plan's revisions the targets, in one write. Throws `StateConflict` when any of the services changed since the plan. */
export async function acceptPlan(
  services: readonly PlannedService[],
  snapshot: Snapshot,
  accepting: Accepting,
): Promise<AcceptedPlan> {
  const changes = services.flatMap((service) => changeOf(service, snapshot, accepting));
  if (changes.length === 0) return { snapshot, own: new Map() };
  const contents = contentsOf(services);
  const happening = acceptanceOf(changes, services, accepting.acceptance.by);
  const change = { ...happening, services: changes, contents, basis: snapshot };
  return { snapshot: await accepting.store.commit(change, accepting.signal), own: ownTargets(changes) };
}

function ownTargets(changes: readonly ServiceChange[]): ReadonlyMap<string, OwnTarget> {
  return new Map(changes.flatMap(({ name, record }) => (record ? [[name, ownTarget(record)] as const] : [])));
}

function changeOf(service: PlannedService, snapshot: Snapshot, accepting: Accepting): readonly ServiceChange[] {
  if (service.action === "none" || service.refusal !== null) return [];
  const state = snapshot.services.get(service.name);
  const record = state?.record ?? null;
  const { strategy } = service;
  const how = strategy === null ? {} : { strategy: strategy === "beside" ? ("surge" as const) : strategy };
  const next = nextRecord(service, record, { ...accepting.acceptance, ...how });
  return next === null ? [] : [acceptedChange(next, state?.lease ?? null, accepting.leaseOwner)];
}

function nextRecord(
  service: PlannedService,
  record: ServiceRecord | null,
  acceptance: Acceptance,
): ServiceRecord | null {
  if (service.action === "destroy") return record === null ? null : acceptRemoval(record);
  return service.revision === null ? null : acceptRevision(record, service.revision, service.replacement, acceptance);
}

/** The write that accepts: whoever else works on the service is asked to hand over. */
export function acceptedChange(record: ServiceRecord, lease: Lease | null, owner: LeaseOwner): ServiceChange {
  const change = { name: record.name, record, intents: intentsOf(record) };
  if (lease === null || isSameOwner(lease.owner, owner)) return change;
  return { ...change, lease: { ...lease, handOver: true } };
}
