import type { ObservedInstance, Owner } from "../backends/backend.ts";
import type { ServiceRecord } from "../state/record.ts";
import { isAlive } from "./decide/draft.ts";
import type { Listing } from "./listing.ts";
import type { Observed, Outcome } from "./observed.ts";
import type { Prober } from "./prober.ts";
import { envOf } from "./replica-env.ts";
import { observeSupply } from "./supply.ts";
import type { World } from "./world.ts";

export interface Observer {
  readonly world: World;
  readonly prober: Prober;
  readonly listing: Listing;
  readonly owner: Owner;
  /** Generation of the state that the record is from. */
  readonly generation: number;
  /** The generation that the gateways were last given; only from `generation` on does "nothing in flight" mean anything. */
  readonly published: number;
}

/** Looks at everything outside the state branch that a decision about the service may need. */
export async function observe(
  observer: Observer,
  record: ServiceRecord,
  outcomes: ReadonlyMap<string, Outcome>,
  signal: AbortSignal,
): Promise<Observed> {
  const { world } = observer;
  const [listed, drained, supply] = await Promise.all([
    observer.listing.list(signal),
    observeDrained(observer, record, signal),
    observeSupply(world, record, signal),
  ]);
  const instances = new Map([
    ...outOfSight(world, record),
    ...listed.instances
      .filter((instance) => isOf(instance, record, observer.owner))
      .map((instance) => [instance.token, instance] as const),
  ]);
  followProbes(observer, record, instances);
  const backends = [...world.backends.values()];
  return {
    instances,
    blind: new Map([...listed.blind, ...unknownBackends(world, record)]),
    visibility: new Map(backends.map((backend) => [backend.name, backend.visibility])),
    dedupes: new Map(backends.map((backend) => [backend.name, backend.dedupes])),
    probes: new Map(record.replicas.map((replica) => [replica.token, observer.prober.streaks(replica.token)])),
    drained,
    unpublished: observer.published < observer.generation,
    outcomes,
    supply,
  };
}

/** Replicas on a backend that the settings no longer name are out of sight, not gone. */
function unknownBackends(world: World, record: ServiceRecord): readonly (readonly [string, string])[] {
  const names = new Set(record.replicas.map((replica) => replica.backend));
  return [...names]
    .filter((name) => !world.backends.has(name))
    .map((name) => [name, "is not among the settings' backends"] as const);
}

/** What runs on another host is listed there, and nowhere else. */
function outOfSight(world: World, record: ServiceRecord): readonly (readonly [string, ObservedInstance])[] {
  return record.replicas.flatMap((replica) => {
    const { token, instance, num, deployment, region, price, address } = replica;
    if (instance === null || world.backends.get(replica.backend)?.observes?.(instance) !== false) return [];
    const seen = {
      token,
      instance,
      stateId: "",
      service: record.name,
      replica: num,
      deployment,
      region,
      price,
      address,
    };
    return [[token, { ...seen, status: "unobservable", exitCode: null, startedAt: null }] as const];
  });
}

function isOf(instance: ObservedInstance, record: ServiceRecord, owner: Owner): boolean {
  return instance.service === record.name && instance.stateId === owner.stateId;
}

/** Replicas that run are probed from the moment that they are seen to. */
function followProbes(
  observer: Observer,
  record: ServiceRecord,
  instances: ReadonlyMap<string, ObservedInstance>,
): void {
  const running = record.replicas.flatMap((replica) => {
    const instance = instances.get(replica.token);
    const address = instance?.address ?? replica.address;
    if (!isAlive(replica) || instance?.status !== "running" || address === null) return [];
    const deployment = record.deployments.find((other) => other.num === replica.deployment);
    if (deployment === undefined) return [];
    const env = envOf(deployment.spec, observer.world.env).values;
    return [{ token: replica.token, address, probes: deployment.spec.probes, env }];
  });
  observer.prober.follow(running);
}

/** Which of the draining replicas have nothing in flight: as the gateway says of routes that no longer have them. */
async function observeDrained(
  observer: Observer,
  record: ServiceRecord,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ending = record.replicas.filter((replica) => replica.status === "terminating");
  if (ending.length === 0 || observer.published < observer.generation) return new Set();
  const status = await observer.world.publisher.status(signal).catch(() => "unknown" as const);
  if (status === "unknown") return new Set();
  if (status === null) return new Set(ending.map((replica) => replica.token));
  if (status.generation < observer.generation) return new Set();
  return new Set(
    ending.filter((replica) => (status.inFlight[replica.token] ?? 0) === 0).map((replica) => replica.token),
  );
}
