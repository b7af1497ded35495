import type { Route } from "../routes.ts";
import type { Peer } from "./upstreams.ts";

/** After a failed connection, other peers are asked first for so long. */
const restMs = 1_000;

/** A route with the peers that serve it. */
export interface Balanced {
  readonly route: Route;
  readonly balancer: Balancer;
}

/** Spreads the requests of one route over its peers. */
export interface Balancer {
  /** The peer with the fewest requests in flight, those that are equal in turn; `null` when all were tried. */
  pick(tried: ReadonlySet<Peer>, now: number): Peer | null;
  /** This peer could not be reached. */
  rest(peer: Peer, now: number): void;
}

/** A balancer over these peers. */
export function createBalancer(peers: readonly Peer[]): Balancer {
  const restsUntil = new Map<Peer, number>();
  let turn = 0;

  const pick = (tried: ReadonlySet<Peer>, now: number): Peer | null => {
    let best: Peer | null = null;
    let least = Number.POSITIVE_INFINITY;
    turn = (turn + 1) % Math.max(1, peers.length);
    for (let offset = 0; offset < peers.length; offset += 1) {
      const peer = peers[(turn + offset) % peers.length];
      if (peer === undefined || tried.has(peer)) continue;
      const load = peer.inFlight.count() + ((restsUntil.get(peer) ?? 0) > now ? 1e9 : 0);
      if (load >= least) continue;
      best = peer;
      least = load;
    }
    return best;
  };

  return { pick, rest: (peer, now) => void restsUntil.set(peer, now + restMs) };
}
