import type { Publication, Publisher, RequestWindows } from "../../src/proxy-config/publisher.ts";
import { between } from "./random.ts";
import type { Random } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A gateway that takes routes, refuses older ones, and has requests in flight that end after a while. */
export interface SimulatedGateway {
  readonly publisher: Publisher;
  /** Tokens that it sends new requests to, by service. */
  routed(service: string): readonly string[];
  routesTo(token: string): boolean;
  inFlight(token: string): number;
}

export function createGateway(
  clock: VirtualClock,
  random: Random,
  changed: (before: Publication | null, after: Publication) => void,
): SimulatedGateway {
  let current: Publication | null = null;
  const countedSince = clock.now();
  const calm = between(random, 1, 5);
  const load = (now: number): RequestWindows["30"] => ({
    requests: (Math.floor(now / 60_000) % calm) * 40,
    request_time: 0,
  });
  /** When the last request to an upstream that left ends. */
  const busyUntil = new Map<string, number>();

  const tokens = (publication: Publication | null): ReadonlySet<string> =>
    new Set((publication?.routes ?? []).flatMap((route) => route.upstreams.map((upstream) => upstream.id)));
  const inFlight = (token: string): number =>
    tokens(current).has(token) || (busyUntil.get(token) ?? 0) > clock.now() ? 1 : 0;
  return {
    publisher: {
      async publish(publication) {
        await clock.sleep(between(random, 0, 30));
        if (current !== null && publication.generation < current.generation) return { acknowledged: true };
        const before = current;
        for (const left of tokens(before))
          if (!tokens(publication).has(left)) busyUntil.set(left, clock.now() + between(random, 0, 4_000));
        current = publication;
        changed(before, publication);
        return { acknowledged: true };
      },
      async status() {
        await clock.sleep(between(random, 0, 10));
        // Calm and busy minutes; a gateway that has just begun to count says so.
        const requests = load(clock.now());
        const known = [...new Set([...tokens(current), ...busyUntil.keys()])];
        return {
          generation: current?.generation ?? 0,
          inFlight: Object.fromEntries(known.map((token) => [token, inFlight(token)])),
          requests: { "main/web": { "30": requests, "60": requests, "300": requests } },
          countedSince,
        };
      },
    },
    routed: (service) =>
      (current?.routes ?? [])
        .filter((route) => route.service === service)
        .flatMap((route) => route.upstreams.map((upstream) => upstream.id)),
    routesTo: (token) => tokens(current).has(token),
    inFlight,
  };
}
