import type { ObservedInstance, Offer } from "../backends/backend.ts";
import type { BackendErrorCode } from "../backends/errors.ts";
import type { ValueDigests } from "../config/value-digests.ts";
import type { Traffic } from "../state/verdict.ts";
import type { ProbeAnswer } from "./world.ts";

/** What is seen of one service at one moment, from outside the state branch. */
export interface Observed {
  /** This repository's instances of the service, by token; ended ones may be absent. */
  readonly instances: ReadonlyMap<string, ObservedInstance>;
  /** Instances of the service that the newest state does not know: while there are any, what is recorded is not to be acted on. Absent: none. */
  readonly strangers?: readonly ObservedInstance[];
  /** Backends that could not be listed, with the reason: nothing that they hold may be judged, replaced or ended. */
  readonly blind: ReadonlyMap<string, string>;
  /** After how many milliseconds a listing shows what was done, by backend. */
  readonly visibility: ReadonlyMap<string, number>;
  /** For how many milliseconds a call may still be carried out after whoever made it is gone, by backend: see `MachineBackend`. */
  readonly callsLast?: ReadonlyMap<string, number>;
  /** Whether a repeated provision with one token is the first one again, by backend. */
  readonly dedupes: ReadonlyMap<string, boolean>;
  /** By token: one streak for each probe of the replica's job, in its order; a job without probes has one, of listening. */
  readonly probes: ReadonlyMap<string, readonly ProbeStreak[]>;
  /** Tokens that no gateway routes to and that have nothing in flight. */
  readonly drained: ReadonlySet<string>;
  /** The gateways have not been given the recorded routes yet: what leaves them may still be asked. */
  readonly unpublished: boolean;
  /** Outcomes of the calls that the last pass made, by token. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Requests that the gateways have counted; `null`: none counts, or none could be asked. */
  readonly load: ObservedLoad | null;
  /** What became of the requests of each replica, by token, as far back as the gateways count; empty: none tells. */
  readonly traffic: ReadonlyMap<string, Traffic>;
  /** What can be had for the current deployment's job; `null` where nothing seemed to be missing, so that nobody was asked. */
  readonly supply: Supply | null;
  /** Of the values that a replica started now is given. Absent: none are made. */
  readonly digests?: ValueDigests;
}

/** Requests that ended, or should have reached a replica, within windows that end now. */
export interface ObservedLoad {
  readonly windows: readonly { readonly seconds: number; readonly requests: number }[];
  /** Since when is counted, in milliseconds since the epoch: an earlier part of a window is not known. */
  readonly since: number;
}

/** What backends offer a job now, and what keeps it from being started. */
export interface Supply {
  /** Best first. */
  readonly offers: readonly Offer[];
  /** What would suit, and is in use or beyond a quota: one that is given back makes room. */
  readonly taken: readonly Offer[];
  /** Why no backend can ever run the job; `null` where one can. */
  readonly refusal: string | null;
  /** Which wishes of the service leave nothing of what is offered; `null`: none do. */
  readonly lack: string | null;
  /** Names that a new replica needs and that this run has no value for. */
  readonly missingEnv: readonly string[];
}

/** Where nobody was asked. */
export const noSupply: Supply = { offers: [], taken: [], refusal: null, lack: null, missingEnv: [] };

/** Answers of one probe of one replica since it runs. */
export interface ProbeStreak {
  /** Successes in a row, up to the last answer. */
  readonly successes: number;
  /** Failures in a row, up to the last answer. */
  readonly failures: number;
  readonly last: ProbeAnswer | null;
}

/** How a provider's call ended. */
export type Outcome =
  | { readonly kind: "provisioned"; readonly instance: ObservedInstance }
  | { readonly kind: "refused"; readonly code: BackendErrorCode; readonly retryable: boolean; readonly message: string }
  | { readonly kind: "unknown"; readonly message: string }
  /** Nobody was asked: what it needs is not here. */
  | { readonly kind: "uncalled"; readonly message: string }
  | { readonly kind: "terminating" };
