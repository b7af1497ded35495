import type { Route } from "../routes.ts";
import type { Traffic } from "./traffic.ts";
import type { Peer } from "./upstreams.ts";

/** After a failed connection, other peers are asked first for so long. */
const restMs = 1_000;

/** A route with the peers that serve it. */
export interface Balanced {
  readonly route: Route;
  readonly balancer: Balancer;
  readonly traffic: Traffic;
}

/** A peer, and how many requests it gets relative to the others; `undefined` of all: as many as they. */
export interface Weighted {
  readonly peer: Peer;
  readonly weight: number | undefined;
}

/** Spreads the requests of one route over its peers. */
export interface Balancer {
  /** The peer with the fewest requests in flight, of those whose turn it is by weight; `null` when all were tried. */
  pick(tried: ReadonlySet<Peer>, now: number): Peer | null;
  /** This peer could not be reached. */
  rest(peer: Peer, now: number): void;
}

/** Peers among which the fewest requests in flight decide. Longest unused first: a fixed order would give twice the load to whoever follows a busy peer. */
interface Lane {
  readonly queue: Peer[];
  readonly weight: number;
  /** How far it is behind what its weight gives it. */
  credit: number;
}

/** A balancer over these peers. */
export function createBalancer(peers: readonly Weighted[]): Balancer {
  const lanes = lanesOf(peers);
  const restsUntil = new Map<Peer, number>();

  const pick = (tried: ReadonlySet<Peer>, now: number): Peer | null => {
    const rests = (peer: Peer): boolean => (restsUntil.get(peer) ?? 0) > now;
    const lane = lanes.length < 2 ? lanes[0] : laneInTurn(lanes, tried, rests);
    return lane === undefined ? null : leastBusy(lane.queue, tried, rests);
  };

  return { pick, rest: (peer, now) => void restsUntil.set(peer, now + restMs) };
}

/**
 * A lane for each weight; for each peer where weights are equal, since who is busy would decide then, and not the weight.
 * One lane without weights.
 */
function lanesOf(peers: readonly Weighted[]): readonly Lane[] {
  if (peers.every(({ weight }) => weight === undefined)) return [laneOf(peers, 1)];
  const weights = [...new Set(peers.map(({ weight = 1 }) => weight))];
  if (weights.length === 1) return peers.map((peer) => laneOf([peer], 1));
  return weights.map((each) => {
    const alike = peers.filter(({ weight = 1 }) => weight === each);
    return laneOf(alike, each * alike.length);
  });
}

function laneOf(peers: readonly Weighted[], weight: number): Lane {
  return { queue: peers.map(({ peer }) => peer), weight, credit: 0 };
}

type Rests = (peer: Peer) => boolean;

/** The lane that is furthest behind: over any stretch of time, each has had its share. Only lanes that can be asked take turns. */
function laneInTurn(lanes: readonly Lane[], tried: ReadonlySet<Peer>, rests: Rests): Lane | undefined {
  const open = lanes.filter(({ queue }) => queue.some((peer) => !tried.has(peer)));
  const awake = open.filter(({ queue }) => queue.some((peer) => !tried.has(peer) && !rests(peer)));
  const candidates = awake.length > 0 ? awake : open;
  let furthest: Lane | undefined;
  let total = 0;
  for (const lane of candidates) {
    lane.credit += lane.weight;
    total += lane.weight;
    if (furthest === undefined || lane.credit > furthest.credit) furthest = lane;
  }
  if (furthest !== undefined) furthest.credit -= total;
  return furthest;
}

/** The peer with the fewest requests in flight, those that are equal in turn; `null` when all were tried. */
function leastBusy(queue: Peer[], tried: ReadonlySet<Peer>, rests: Rests): Peer | null {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, peer] of queue.entries()) {
    if (tried.has(peer)) continue;
    const load = peer.inFlight.count() + (rests(peer) ? 1e9 : 0);
    if (load >= least) continue;
    best = index;
    least = load;
  }
  if (best === -1) return null;
  const [picked] = queue.splice(best, 1);
  if (picked === undefined) return null;
  queue.push(picked);
  return picked;
}
