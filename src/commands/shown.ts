import type { ObservedInstance } from "../backends/backend.ts";
import { resolveValues } from "../config/env.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { takeInventory } from "../reconciler/inventory.ts";
import type { Inventory } from "../reconciler/inventory.ts";
import type { ProbeStreak } from "../reconciler/observed.ts";
import type { ProbeAnswer, World } from "../reconciler/world.ts";
import { probeSymbol } from "../report/replica-table.ts";
import type { ProbeSymbol, ShownReplica, ShownService } from "../report/replica-table.ts";
import { statusOf } from "../report/status.ts";
import type { Address, ReplicaRecord, ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";

/** Services as they are now: what is recorded, corrected by what the backends list and by one look at every probe. */
export async function lookAt(
  world: World,
  loaded: Snapshot,
  looking: Omit<Looking, "world" | "blind">,
): Promise<Shown> {
  const inventory = await takeInventory(world, loaded, looking.signal);
  const { snapshot, blind } = inventory;
  const instances = new Map(
    inventory.instances
      .filter((instance) => instance.stateId === snapshot.stateId)
      .map((instance) => [instance.token, instance]),
  );
  const records = [...snapshot.services.values()].flatMap(({ record }) => (record === null ? [] : [record]));
  records.sort((a, b) => (a.name < b.name ? -1 : 1));
  const services = await Promise.all(
    records.map((record) => lookAtService(record, instances, { world, blind, ...looking })),
  );
  return { services, inventory };
}

export interface Shown {
  readonly services: readonly ShownService[];
  readonly inventory: Inventory;
}

interface Looking {
  readonly world: World;
  /** Backends that could not be listed: what is recorded of them is all that is known. */
  readonly blind: Inventory["blind"];
  readonly signal: AbortSignal;
  /** Streaks that this process keeps; without them every probe is executed once. */
  readonly streaksOf?: (service: string, token: string) => readonly ProbeStreak[];
}

async function lookAtService(
  record: ServiceRecord,
  instances: ReadonlyMap<string, ObservedInstance>,
  looking: Looking,
): Promise<ShownService> {
  const replicas = await Promise.all(
    record.replicas.map((replica) => lookAtReplica(replica, record, instances, looking)),
  );
  const seen = { ...record, replicas: replicas.map((shown) => shown.replica) };
  return { record: seen, status: statusOf(seen), replicas };
}

async function lookAtReplica(
  replica: ReplicaRecord,
  record: ServiceRecord,
  instances: ReadonlyMap<string, ObservedInstance>,
  looking: Looking,
): Promise<ShownReplica> {
  const outOfSight =
    replica.instance !== null && looking.world.backends.get(replica.backend)?.observes?.(replica.instance) === false;
  if (outOfSight || looking.blind.has(replica.backend)) return { replica, probes: [] };
  const seen = corrected(replica, instances.get(replica.token));
  const spec = record.deployments.find((deployment) => deployment.num === replica.deployment)?.spec;
  if (seen.status !== "running" || spec === undefined) return { replica: seen, probes: [] };
  const streaks = looking.streaksOf?.(record.name, replica.token) ?? [];
  if (streaks.length > 0)
    return {
      replica: seen,
      probes: streaks
        .slice(0, spec.probes.length)
        .map((streak, index) => probeSymbol(streak.successes, spec.probes[index]?.ready_after ?? 1)),
    };
  return { replica: seen, probes: await probeSymbols(seen, spec, looking) };
}

/** What a listing shows beats what was recorded. */
function corrected(replica: ReplicaRecord, instance: ObservedInstance | undefined): ReplicaRecord {
  if (replica.status === "terminating" || replica.status === "failed") return replica;
  // What answers though it is not listed serves on.
  const isKept = replica.status === "submitted" || replica.unlistedSince !== undefined;
  if (instance === undefined) return isKept ? replica : { ...replica, status: "failed" };
  const { status } = instance;
  const address = instance.address ?? replica.address;
  if (status === "running" || status === "provisioning" || status === "pulling" || status === "terminating")
    return { ...replica, status, address };
  return status === "unobservable" ? replica : { ...replica, status: "failed" };
}

async function probeSymbols(
  replica: ReplicaRecord,
  spec: ServiceSpec,
  looking: Looking,
): Promise<readonly ProbeSymbol[]> {
  const { address } = replica;
  if (address === null) return [];
  const answers = await probeOnce({ address, spec }, { ...looking, most: 3 });
  return answers.map((answer) => symbolOf(answer, replica.readyAt !== null));
}

/** One look at every probe, of so many seconds at most each. */
export function probeOnce(
  { address, spec }: { readonly address: Address; readonly spec: ServiceSpec },
  { world, most, signal }: { readonly world: World; readonly most: number; readonly signal: AbortSignal },
): Promise<readonly ProbeAnswer[]> {
  const { env } = resolveValues(spec, world.env);
  return Promise.all(
    spec.probes.map((probe) => world.probe(address, { ...probe, timeout: Math.min(probe.timeout, most) }, env, signal)),
  );
}

/** One look cannot count a streak: success shows as ready where being ready was recorded. */
function symbolOf(answer: ProbeAnswer, ready: boolean): ProbeSymbol {
  if (!answer.ok) return "×";
  return ready ? "✓" : "~";
}
