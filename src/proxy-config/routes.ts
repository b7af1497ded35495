import type { Settings } from "../config/settings.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { Address, ReplicaRecord, ServiceRecord } from "../state/record.ts";
import { weightsOf } from "./weights.ts";

/** One service as a gateway serves it: the one model that nginx, Envoy and the embedded gateway draw. */
export interface Route {
  readonly project: string;
  readonly service: string;
  /** Name of the gateway in the settings. */
  readonly gateway: string;
  readonly match:
    | { readonly kind: "host"; readonly host: string }
    /** `prefix` begins and ends with `/`. */
    | { readonly kind: "path"; readonly prefix: string; readonly strip: boolean };
  /** Requests need a bearer token of the gateway's. */
  readonly auth: boolean;
  /** Sorted by id. Empty: 503 with Retry-After. */
  readonly upstreams: readonly Upstream[];
}

export interface Upstream {
  /** The replica's token. */
  readonly id: string;
  readonly address: Address;
  /** How many requests it gets, relative to the route's others. Absent from all: as many as any of them. */
  readonly weight?: number;
}

/** Whether some of a route's upstreams get more requests than others by intention; those without a weight weigh 1 then. */
export function isWeighted({ upstreams }: Pick<Route, "upstreams">): boolean {
  return upstreams.some(({ weight }) => weight !== undefined);
}

/** As much of a state as routes are made from: a `Snapshot` is one. */
export interface RoutedState {
  readonly services: ReadonlyMap<string, { readonly record: ServiceRecord | null }>;
}

/** The routes of a state, the same whoever renders them: sorted by gateway, then service. */
export function routesOf(state: RoutedState, settings: Pick<Settings, "project" | "gateways">): readonly Route[] {
  const routes: Route[] = [];
  for (const { record } of state.services.values()) {
    const route = record === null ? null : routeOf(record, settings);
    if (route !== null) routes.push(route);
  }
  return inOrder(routes);
}

/** Routes by gateway, then service. */
export function inOrder(routes: readonly Route[]): readonly Route[] {
  return routes.toSorted((a, b) => compare(a.gateway, b.gateway) || compare(a.service, b.service));
}

function routeOf(record: ServiceRecord, settings: Pick<Settings, "project" | "gateways">): Route | null {
  const routed = record.deployments.filter((deployment) => deployment.run === record.run);
  const spec = routed.toSorted((a, b) => a.num - b.num).at(-1)?.spec;
  const place = spec === undefined ? null : placeOf(spec, settings);
  if (spec === undefined || place === null) return null;
  const numbers = new Set(routed.map((deployment) => deployment.num));
  const serving = record.replicas.filter((replica) => numbers.has(replica.deployment) && serves(replica));
  const weightOf = weightsOf(record, serving);
  const upstreams = serving.flatMap((replica) => upstreamOf(replica, weightOf(replica)));
  return {
    project: settings.project,
    service: record.name,
    gateway: place.gateway,
    match: place.match,
    auth: spec.auth,
    upstreams: upstreams.toSorted((a, b) => compare(a.id, b.id)),
  };
}

/**
 * Which gateway serves a service, and where on it. `gateway: false` is the reference's proxy inside its server: always a
 * path, here on the embedded gateway. A service that names a gateway which the settings lack is served nowhere.
 */
export function placeOf(
  spec: Pick<ServiceSpec, "name" | "gateway" | "strip_prefix">,
  settings: Pick<Settings, "project" | "gateways">,
): Pick<Route, "gateway" | "match"> | null {
  const path: Route["match"] = {
    kind: "path",
    prefix: `/proxy/services/${settings.project}/${spec.name}/`,
    strip: spec.strip_prefix,
  };
  const byDefault = settings.gateways.toSorted((a, b) => Number(b.default) - Number(a.default));
  if (spec.gateway === false) {
    const embedded = byDefault.find((gateway) => gateway.type === "embedded");
    return embedded === undefined ? null : { gateway: embedded.name, match: path };
  }
  const gateway = settings.gateways.find(({ name, default: isDefault }) =>
    spec.gateway === null ? isDefault : name === spec.gateway,
  );
  if (gateway === undefined) return null;
  if (gateway.domain === null) return { gateway: gateway.name, match: path };
  return {
    gateway: gateway.name,
    match: { kind: "host", host: `${spec.name}.${gateway.domain.replace(/^\*\./, "")}` },
  };
}

/** Only a replica that has been ready, still runs and is not about to leave gets requests. */
function serves({ readyAt, status, termination, address }: ReplicaRecord): boolean {
  return readyAt !== null && status === "running" && termination === null && address !== null;
}

function upstreamOf({ token, address }: ReplicaRecord, weight: number | null): readonly Upstream[] {
  return address === null ? [] : [{ id: token, address, ...(weight !== null && { weight }) }];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
