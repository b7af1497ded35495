import type { ObservedInstance, Owner } from "../backends/backend.ts";
import { resolveValues } from "../config/env.ts";
import { digesterOf, digestsOf } from "../config/value-digests.ts";
import type { GatewayStatus } from "../proxy-config/publisher.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import type { Traffic } from "../state/verdict.ts";
import { currentDeployment, isAlive } from "./decide/draft.ts";
import type { Listing } from "./listing.ts";
import type { Observed, ObservedLoad, Outcome } from "./observed.ts";
import { findStrangers } from "./orphans.ts";
import type { Prober } from "./prober.ts";
import { observeSupply } from "./supply.ts";
import type { World } from "./world.ts";

export interface Observer {
  readonly world: World;
  readonly prober: Prober;
  readonly listing: Listing;
  readonly owner: Owner;
  /** The state that the record is from. */
  readonly snapshot: Snapshot;
  /** The generation that the gateways were last given; only from the snapshot's on does "nothing in flight" mean anything. */
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
  const [listed, gateway, supply] = await Promise.all([
    observer.listing.list(signal),
    observeGateway(observer, record, signal),
    observeSupply(world, record, signal),
  ]);
  const instances = new Map([
    ...outOfSight(world, record),
    ...listed.instances
      .filter((instance) => isOf(instance, record, observer.owner))
      .map((instance) => [instance.token, instance] as const),
  ]);
  const blind = new Map([...listed.blind, ...unknownBackends(world, record)]);
  followProbes(observer, record, { instances, blind });
  const backends = [...world.backends.values()];
  const own = listed.instances.filter(({ service }) => service === record.name);
  return {
    instances,
    strangers: findStrangers(own, observer.snapshot, observer.owner),
    blind,
    visibility: new Map(backends.map((backend) => [backend.name, backend.visibility])),
    callsLast: new Map(
      backends.flatMap(({ name, callsLast }) => (callsLast === undefined ? [] : [[name, callsLast] as const])),
    ),
    dedupes: new Map(backends.map((backend) => [backend.name, backend.dedupes])),
    probes: new Map(record.replicas.map((replica) => [replica.token, observer.prober.streaks(replica.token)])),
    drained: drainedOf(observer, record, gateway),
    load: loadOf(observer, record, gateway),
    unpublished: observer.published < observer.snapshot.generation,
    traffic: trafficOf(record, gateway),
    outcomes,
    supply,
    ...(supply === null ? {} : valueDigests(observer, record)),
  };
}

/** Where something may be started. */
function valueDigests({ world, owner }: Observer, record: ServiceRecord): Pick<Observed, "digests"> {
  if (world.digestKey === undefined || world.digestKey === null) return {};
  const { lookedUp } = resolveValues(currentDeployment(record).spec, world.env);
  const digester = digesterOf(world.digestKey, { stateId: owner.stateId, service: record.name });
  const digests = digestsOf(lookedUp, digester);
  return digests === null ? {} : { digests };
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
  { instances, blind }: Pick<Observed, "instances" | "blind">,
): void {
  const running = record.replicas.flatMap((replica) => {
    const instance = instances.get(replica.token);
    const address = instance?.address ?? replica.address;
    // What its provider does not list any more is asked itself: it may be the provider that is mistaken.
    // What was seen to be out of reach is not: until a listing shows it again, its silence says nothing of it.
    const status = instance?.status ?? (replica.unreachableSince === undefined ? replica.status : "unreachable");
    if (!isAlive(replica) || status !== "running" || address === null) return [];
    const deployment = record.deployments.find((other) => other.num === replica.deployment);
    if (deployment === undefined) return [];
    const env = () => resolveValues(deployment.spec, observer.world.env).env;
    const wasReady = replica.readyAt !== null;
    const isDoubted = wasReady && instance === undefined;
    const followed = { token: replica.token, address, probes: deployment.spec.probes, env, wasReady };
    // What nobody looked for is doubted as it was before.
    return [blind.has(replica.backend) ? followed : { ...followed, isDoubted }];
  });
  observer.prober.follow(running);
}

/** What the gateways say now; `"unknown"`: they were not asked, or could not be. `null`: none is up. */
type Gateway = GatewayStatus | null | "unknown";

/** The gateways are asked where the answer decides something. */
async function observeGateway(observer: Observer, record: ServiceRecord, signal: AbortSignal): Promise<Gateway> {
  if (!scales(record) && !watchesCanary(record) && !drains(observer, record)) return "unknown";
  return observer.world.publisher.status(signal).catch(() => "unknown" as const);
}

function scales(record: ServiceRecord): boolean {
  return record.target !== null && currentDeployment(record).spec.scaling !== null;
}

function watchesCanary(record: ServiceRecord): boolean {
  if (record.target === null) return false;
  const { canary, settledAt } = currentDeployment(record);
  return canary !== undefined && settledAt === null;
}

function drains({ published, snapshot }: Observer, { replicas }: ServiceRecord): boolean {
  return published >= snapshot.generation && replicas.some((replica) => replica.status === "terminating");
}

/** Which of the draining replicas have nothing in flight: as the gateway says of routes that no longer have them. */
function drainedOf(observer: Observer, record: ServiceRecord, gateway: Gateway): ReadonlySet<string> {
  if (gateway === "unknown" || !drains(observer, record)) return new Set();
  const ending = record.replicas.filter((replica) => replica.status === "terminating").map(({ token }) => token);
  if (gateway === null) return new Set(ending);
  if (gateway.generation < observer.snapshot.generation) return new Set();
  return new Set(ending.filter((token) => (gateway.inFlight[token] ?? 0) === 0));
}

/** A gateway that does not know the service has not counted its requests. */
function loadOf({ owner }: Observer, { name }: ServiceRecord, gateway: Gateway): ObservedLoad | null {
  if (gateway === null || gateway === "unknown") return null;
  const windows = gateway.requests?.[`${owner.project}/${name}`];
  if (windows === undefined) return null;
  const counted = Object.entries(windows).map(([seconds, { requests }]) => ({ seconds: Number(seconds), requests }));
  return { windows: counted, since: gateway.countedSince ?? 0 };
}

/** What the gateways say of the recorded replicas. */
function trafficOf({ replicas }: ServiceRecord, gateway: Gateway): ReadonlyMap<string, Traffic> {
  const upstreams = gateway === null || gateway === "unknown" ? {} : (gateway.upstreams ?? {});
  return new Map(
    replicas.flatMap(({ token }) => {
      const traffic = upstreams[token];
      return traffic === undefined ? [] : [[token, traffic] as const];
    }),
  );
}
