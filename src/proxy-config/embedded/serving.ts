import type { Clock } from "../../lib/clock.ts";
import { isSameJson } from "../../lib/same.ts";
import type { GatewayStatus, Publication } from "../publisher.ts";
import type { Route } from "../routes.ts";
import { type Balanced, createBalancer } from "./balancer.ts";
import type { Controlled } from "./control.ts";
import type { Choice } from "./exchange.ts";
import { createRequestStatistics } from "./request-statistics.ts";
import { createRoutingTable, type RoutingTable } from "./routing-table.ts";
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
      const peer = byService.get(service)?.balancer.pick(tried, clock.now()) ?? null;
      return peer === null ? null : { peer, end: peer.inFlight.begin() };
    },
    unreachable: (peer) => byService.get(service)?.balancer.rest(peer, clock.now()),
  });

  const status = (): Required<GatewayStatus> => ({
    generation: Math.max(0, generation),
    inFlight: upstreams.inFlight(),
    requests: statistics.read(clock.now(), [...byService.keys()]),
    countedSince,
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

/** Goes on with what was before where the route is the same: other services' changes start no turns afresh. */
function balanced(route: Route, peers: ReadonlyMap<string, Peer>, before: Balanced | undefined): Balanced {
  const { upstreams } = route;
  if (before !== undefined && isSameJson(before.route.upstreams, upstreams)) return { ...before, route };
  const weighted = upstreams.flatMap(({ id, weight }) => {
    const peer = peers.get(id);
    return peer === undefined ? [] : [{ peer, weight }];
  });
  return { route, balancer: createBalancer(weighted) };
}
