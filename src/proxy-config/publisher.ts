import type { Route } from "./routes.ts";

/** The routes of one generation of the state, for every gateway. */
export interface Publication {
  readonly generation: number;
  readonly routes: readonly Route[];
}

export interface GatewayStatus {
  /** The generation that it serves. */
  readonly generation: number;
  /** Requests and streams under way, by upstream id; an absent one has none. */
  readonly inFlight: Readonly<Record<string, number>>;
  /** Requests that reached or should have reached a replica, by `<project>/<service>`. Absent: this gateway does not count. */
  readonly requests?: Readonly<Record<string, RequestWindows>>;
  /** Since when it counts, in milliseconds since the epoch. */
  readonly countedSince?: number;
  /** What became of requests, by the id of the upstream that is routed. Absent: this gateway does not count them by upstream. */
  readonly upstreams?: Readonly<Record<string, UpstreamTraffic>>;
}

/**
 * Requests to one upstream that began since the last one joined its route, and ended: all of a route are counted from
 * the same moment on, so that they can be compared.
 */
export interface UpstreamTraffic {
  readonly requests: number;
  /** Those of them that the upstream failed: no answer, no whole one, or a status of 500 and above. */
  readonly errors: number;
  /** Mean seconds to the end. */
  readonly seconds: number;
}

/** How many requests ended in the last 30, 60 and 300 seconds, and their mean duration in seconds. */
export type RequestWindows = Readonly<
  Record<"30" | "60" | "300", { readonly requests: number; readonly request_time: number }>
>;

export interface Publisher {
  /**
   * Makes the gateways serve these routes. An older generation than what they serve is left alone. Resolves once every
   * gateway that is up has taken it; `acknowledged` is false when none is up to say so.
   */
  publish(publication: Publication, signal?: AbortSignal): Promise<{ readonly acknowledged: boolean }>;
  /** `null`: no gateway is up, so nothing is in flight. */
  status(signal?: AbortSignal): Promise<GatewayStatus | null>;
  /** The newest generation that was ever published and is still there; 0: none. Absent: that is not known. */
  newest?(signal?: AbortSignal): Promise<number>;
  /** What was published last; `null`: nothing. Absent: that is not known. */
  served?(signal?: AbortSignal): Promise<Publication | null>;
  /**
   * Whether an upstream that left the routes has nothing in flight any more: answers the moment it is so, or false after
   * `timeoutMs`. True when no gateway is up. A publisher without it has its `status` looked at instead.
   */
  drained?(upstream: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
}
