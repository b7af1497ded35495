import { fromTimestamp } from "../../src/lib/timestamp.ts";
import type { ReplicaRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";
import type { Actor, Scene } from "./happening.ts";

/** What nobody may do without a lease, or to somebody else's. */
export const leaseInvariants = [
  invariant({
    name: "lease-taken-when-free",
    on: "committed",
    check({ by, service, lease: { before, after } }, { isAlive, now }) {
      if (before === null || before.owner.nonce === after?.owner.nonce || before.owner.nonce === by.nonce) return null;
      if (!isAlive(before.owner.nonce) || now() >= fromTimestamp(before.deadline)) return null;
      return `${by.nonce} takes ${service} away from ${before.owner.nonce}, which has it until ${before.deadline}`;
    },
  }),
  invariant({
    name: "called-under-a-lease",
    on: "provisions",
    check: ({ by, request }, scene) => withoutLease(by, request.service, request.token, scene),
  }),
  invariant({
    name: "called-under-its-own-fence",
    on: "provisions",
    check: ({ by, request: { service, token, fence } }) => underAnotherFence(by, service, token, fence),
  }),
  invariant({
    name: "ended-under-its-own-fence",
    on: "terminates",
    check({ by, instance: { service, token }, fence }) {
      // What was given up is ended by whoever sees it.
      const lives = by.decided.get(service)?.replicas.some((each) => each.token === token && !isOver(each)) ?? false;
      return lives ? underAnotherFence(by, service, token, fence) : null;
    },
  }),
  invariant({
    name: "ended-under-a-lease",
    on: "terminates",
    check({ by, instance: { service, token } }, scene) {
      // What no record keeps, or keeps as given up, is nobody's: whoever sees it ends it.
      const replicas = by.decided.get(service)?.replicas ?? [];
      const kept = replicas.some((replica) => replica.token === token && replica.status !== "failed");
      return kept ? withoutLease(by, service, token, scene) : null;
    },
  }),
  invariant({
    name: "paused-not-provisioned",
    on: "provisions",
    check: ({ by, request: { service, token } }, scene) => whilePaused(by, service, token, scene),
  }),
  invariant({
    name: "paused-not-ended",
    on: "terminates",
    check: ({ by, instance: { service, token } }, scene) => whilePaused(by, service, token, scene),
  }),
];

function withoutLease(
  { nonce, leases, isWaking }: Actor,
  service: string,
  token: string,
  { now }: Scene,
): string | null {
  const lease = leases.get(service) ?? null;
  if (isWaking() || (lease !== null && now() < fromTimestamp(lease.deadline))) return null;
  return `${nonce} calls for ${token} ${lease === null ? "without a lease" : `after its lease, ${lease.deadline}`}`;
}

/** A run that began after the pause, about a replica that the record has. */
function whilePaused({ nonce, startedAt }: Actor, service: string, token: string, scene: Scene): string | null {
  const record = scene.history.record(service);
  if (record === null || record.paused === null) return null;
  if (startedAt <= fromTimestamp(record.paused.at) + scene.skew) return null;
  const kept = record.replicas.some((replica) => replica.token === token);
  return kept ? `${nonce} calls for ${token}, and ${service} is paused` : null;
}

/** A backend that can refuse what comes too late is told what it needs for that. */
function underAnotherFence(
  { nonce, leases }: Actor,
  service: string,
  token: string,
  fence: number | undefined,
): string | null {
  const lease = leases.get(service) ?? null;
  if (lease === null || lease.fence === fence) return null;
  return `${nonce} calls for ${token} under fence ${String(fence)}, and has ${lease.fence}`;
}

function isOver({ status }: ReplicaRecord): boolean {
  return status === "failed" || status === "terminated";
}
