import type { Dispatcher } from "undici";

import type { Address } from "../../state/record.ts";
import type { Upstream } from "../routes.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";

/** One replica as this gateway knows it, from its first route to the end of its last request. */
export interface Peer {
  readonly id: string;
  readonly address: Address;
  readonly dispatcher: Dispatcher;
  readonly inFlight: InFlight;
}

/** The peers of the routes served now, and of those served before that still have requests in flight. */
export interface Upstreams {
  /** The peers of these upstreams from now on; others get no new requests, and end with their last one. */
  replace(upstreams: readonly Upstream[]): ReadonlyMap<string, Peer>;
  inFlight(): Readonly<Record<string, number>>;
  /** Whether this upstream is routed no more and has nothing in flight, at the latest after `timeoutMs`. */
  drained(id: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** No peers yet. `connect` makes the connection pool of one. */
export function createUpstreams(connect: (address: Address) => Dispatcher): Upstreams {
  let routed: ReadonlyMap<string, Peer> = new Map();
  const peers = new Map<string, Peer>();

  const retire = (key: string, peer: Peer): void => {
    if (routed.get(peer.id) === peer || peer.inFlight.count() > 0) return;
    if (peers.get(key) !== peer) return;
    peers.delete(key);
    // Nothing is under way on it: this closes idle connections, and cannot fail a request.
    peer.dispatcher.destroy(null, () => {});
  };

  // The last request ends inside a callback of its pool, which is not to be closed under it.
  const retireLater = (key: string, peer: Peer): void => void setImmediate(() => retire(key, peer));

  const peerOf = ({ id, address }: Upstream): Peer => {
    const key = keyOf(id, address);
    const known = peers.get(key);
    if (known !== undefined) return known;
    const peer: Peer = {
      id,
      address,
      dispatcher: connect(address),
      inFlight: createInFlight(() => retireLater(key, peer)),
    };
    peers.set(key, peer);
    return peer;
  };

  const replace = (upstreams: readonly Upstream[]): ReadonlyMap<string, Peer> => {
    routed = new Map(upstreams.map((upstream) => [upstream.id, peerOf(upstream)]));
    for (const [key, peer] of peers) retire(key, peer);
    return routed;
  };

  const drained = async (id: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean> => {
    const leaving = [...peers.values()].filter((peer) => peer.id === id);
    const idle = await Promise.all(leaving.map((peer) => peer.inFlight.idle(timeoutMs, signal)));
    return idle.every(Boolean) && !routed.has(id);
  };

  return {
    replace,
    drained,
    inFlight: () => countById(peers.values()),
    async close() {
      const all = [...peers.values()];
      peers.clear();
      await Promise.all(all.map((peer) => peer.dispatcher.destroy()));
    },
  };
}

/** A replica that comes back under its old id at another address is another peer. */
function keyOf(id: string, address: Address): string {
  return JSON.stringify(address.kind === "unix" ? [id, address.path] : [id, address.host, address.port]);
}

function countById(peers: Iterable<Peer>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { id, inFlight } of peers) {
    if (inFlight.count() > 0) counts[id] = (counts[id] ?? 0) + inFlight.count();
  }
  return counts;
}
