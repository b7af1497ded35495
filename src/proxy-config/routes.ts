import type { Address } from "../state/record.ts";

/** One service as a gateway serves it: the one model that nginx, Envoy and the embedded gateway draw. */
export interface Route {
  readonly project: string;
  readonly service: string;
  /** Name of the gateway in the settings. */
  readonly gateway: string;
  readonly match:
    | { readonly kind: "host"; readonly host: string }
    /** `prefix` begins and ends with `/`. */
    | { readonly kind: "path"; readonly prefix: string; readonly strip: boolean };
  /** Requests need a bearer token of the gateway's. */
  readonly auth: boolean;
  /** Sorted by id. Empty: 503 with Retry-After. */
  readonly upstreams: readonly Upstream[];
}

export interface Upstream {
  /** The replica's token. */
  readonly id: string;
  readonly address: Address;
}
