import type { Publication, UpstreamTraffic } from "../../src/proxy-config/publisher.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Requests that every route has in a second. */
const rate = 20;

/** What became of the requests to each upstream of the simulated gateway: of a route, all since the last one joined it. */
export interface TrafficCounter {
  /** From now on it serves these routes; `null`: none. */
  serves(publication: Publication | null): void;
  counted(): Readonly<Record<string, UpstreamTraffic>>;
}

export interface TrafficOptions {
  readonly clock: VirtualClock;
  /** Whether an upstream fails some of its requests. */
  readonly fails: (token: string) => boolean;
  /** Whether an upstream takes long for its requests. */
  readonly drags: (token: string) => boolean;
}

export function createTrafficCounter({ clock, fails, drags }: TrafficOptions): TrafficCounter {
  let routes: Publication["routes"] = [];
  let countedUntil = clock.now();
  const requests = new Map<string, number>();

  const goOn = (): void => {
    const seconds = (clock.now() - countedUntil) / 1000;
    countedUntil = clock.now();
    for (const { upstreams } of routes) {
      const all = upstreams.reduce((sum, { weight = 1 }) => sum + weight, 0);
      for (const { id, weight = 1 } of upstreams)
        requests.set(id, (requests.get(id) ?? 0) + (all === 0 ? 0 : (rate * seconds * weight) / all));
    }
  };
  return {
    serves(publication) {
      goOn();
      const known = new Set(requests.keys());
      routes = publication?.routes ?? [];
      const ids = routes.flatMap(({ upstreams }) => upstreams.map(({ id }) => id));
      for (const token of known) if (!ids.includes(token)) requests.delete(token);
      for (const { upstreams } of routes)
        if (upstreams.some(({ id }) => !known.has(id))) for (const { id } of upstreams) requests.set(id, 0);
    },
    counted() {
      goOn();
      return Object.fromEntries(
        [...requests].map(([token, count]) => {
          const whole = Math.floor(count);
          return [
            token,
            { requests: whole, errors: fails(token) ? Math.floor(whole / 2) : 0, seconds: drags(token) ? 0.5 : 0.1 },
          ];
        }),
      );
    },
  };
}
