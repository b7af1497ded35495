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
  // Longest unused first: a fixed order would give twice the load to whoever follows a busy peer.
  const queue = [...peers];
  const restsUntil = new Map<Peer, number>();

  const pick = (tried: ReadonlySet<Peer>, now: number): Peer | null => {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const [index, peer] of queue.entries()) {
      if (tried.has(peer)) continue;
      const load = peer.inFlight.count() + ((restsUntil.get(peer) ?? 0) > now ? 1e9 : 0);
      if (load >= least) continue;
      best = index;
      least = load;
    }
    if (best === -1) return null;
    const [picked] = queue.splice(best, 1);
    if (picked === undefined) return null;
    queue.push(picked);
    return picked;
  };

  return { pick, rest: (peer, now) => void restsUntil.set(peer, now + restMs) };
}
