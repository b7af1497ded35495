import type { Clock } from "../../lib/clock.ts";
import { isSameJson } from "../../lib/same.ts";
import type { GatewayStatus, Publication, UpstreamTraffic } from "../publisher.ts";
import type { Route } from "../routes.ts";
import { type Balanced, createBalancer } from "./balancer.ts";
import type { Controlled } from "./control.ts";
import type { Choice } from "./exchange.ts";
import { createRequestStatistics } from "./request-statistics.ts";
import { createRoutingTable, type RoutingTable } from "./routing-table.ts";
import { createTraffic, type Result } from "./traffic.ts";
import type { Peer, Upstreams } from "./upstreams.ts";

/** What a gateway serves at this moment. */
export interface Serving extends Controlled {
  table(): RoutingTable<Balanced>;
  /** Where attempts of a request go, by the routes of the moment of each attempt. */
  choice(service: string): Choice;
  record(service: string, durationMs: number): void;
}

/** Name of a route's service in statistics: `<project>/<service>`. */
export function serviceKey({ route }: Pick<Balanced, "route">): string {
  return `${route.project}/${route.service}`;
}

/** Serves nothing yet; then the routes of this gateway in the newest publication. */
export function createServing({
  gateway,
  clock,
  upstreams,
}: {
  gateway: string;
  clock: Clock;
  upstreams: Upstreams;
}): Serving {
  const statistics = createRequestStatistics();
  const countedSince = clock.now();
  let generation = -1;
  let table = createRoutingTable<Balanced>([]);
  let byService: ReadonlyMap<string, Balanced> = new Map();

  const serve = (publication: Publication): boolean => {
    if (publication.generation < generation) return false;
    const routes = publication.routes.filter((route) => route.gateway === gateway);
    const peers = upstreams.replace(routes.flatMap((route) => route.upstreams));
    const entries = routes.map((route) => balanced(route, peers, byService.get(serviceKey({ route }))));
    // One assignment each, in one turn of the event loop: a request sees the old routes or the new ones.
    byService = new Map(entries.map((entry) => [serviceKey(entry), entry]));
    table = createRoutingTable(entries);
    generation = publication.generation;
    return true;
  };

  const choice = (service: string): Choice => ({
    pick(tried) {
      const entry = byService.get(service);
      const startedAt = clock.now();
      const peer = entry?.balancer.pick(tried, startedAt) ?? null;
      if (entry === undefined || peer === null) return null;
      // What was counted from an earlier moment on when this began is not what is counted now.
      const { traffic } = entry;
      const count = (result: Result): void => traffic.record(peer.id, result, clock.now() - startedAt);
      return { peer, count, end: peer.inFlight.begin() };
    },
    unreachable: (peer) => byService.get(service)?.balancer.rest(peer, clock.now()),
  });

  const status = (): Required<GatewayStatus> => ({
    generation: Math.max(0, generation),
    inFlight: upstreams.inFlight(),
    requests: statistics.read(clock.now(), [...byService.keys()]),
    countedSince,
    upstreams: Object.fromEntries([...byService.values()].flatMap((entry) => Object.entries(trafficOf(entry)))),
  });

  return {
    serve,
    status,
    choice,
    table: () => table,
    drained: (upstream, timeoutMs, signal) => upstreams.drained(upstream, timeoutMs, signal),
    record: (service, durationMs) => statistics.record(service, durationMs, clock.now()),
  };
}

/** Goes on with what was before as far as it still holds: other services' changes start no turns and no counting afresh. */
function balanced(route: Route, peers: ReadonlyMap<string, Peer>, before: Balanced | undefined): Balanced {
  const { upstreams } = route;
  const known = new Set(before?.route.upstreams.map(({ id }) => id));
  const traffic = before !== undefined && upstreams.every(({ id }) => known.has(id)) ? before.traffic : createTraffic();
  if (before !== undefined && isSameJson(before.route.upstreams, upstreams)) return { ...before, route, traffic };
  const weighted = upstreams.flatMap(({ id, weight }) => {
    const peer = peers.get(id);
    return peer === undefined ? [] : [{ peer, weight }];
  });
  return { route, traffic, balancer: createBalancer(weighted) };
}

function trafficOf({ route, traffic }: Balanced): Readonly<Record<string, UpstreamTraffic>> {
  return traffic.read(route.upstreams.map(({ id }) => id));
}
