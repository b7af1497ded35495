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
}

export interface Publisher {
  /**
   * Makes the gateways serve these routes. An older generation than what they serve is left alone. Resolves once every
   * gateway that is up has taken it; `acknowledged` is false when none is up to say so.
   */
  publish(publication: Publication, signal?: AbortSignal): Promise<{ readonly acknowledged: boolean }>;
  /** `null`: no gateway is up, so nothing is in flight. */
  status(signal?: AbortSignal): Promise<GatewayStatus | null>;
}
