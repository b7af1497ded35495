import type { Offer } from "../backends/backend.ts";
import type { ServiceState } from "./decide.ts";
import type { Context } from "./decide/draft.ts";
import type { Event } from "./event.ts";

/** What a plan shows of how its rollout goes: see `rehearse`. */
export interface Rehearsal {
  readonly timeline: readonly TimelineEvent[];
  /** How it ends. */
  readonly end: ServiceState;
  readonly seconds: number;
  /** Most instances at one moment, and fewest that serve. */
  readonly peak: number;
  readonly fewestServing: number;
  /** Most $/hour at one moment. */
  readonly hourly: number;
  /** How long fewer serve than are to at every moment. */
  readonly reducedSeconds: number;
  /** Each moment at which one of these changes. */
  readonly points: readonly Point[];
  /** What is paid meanwhile beyond the dearer of before and after, in USD. */
  readonly extraCost: number;
  /** Where the expected times are from. */
  readonly basis: string;
  /** With the most harmful single failure; `null`: nothing that serves is exchanged. */
  readonly worst: WorstCase | null;
}

/** One thing that a rollout does, in seconds after it began. */
export interface TimelineEvent {
  readonly at: number;
  readonly event: Event["event"];
  readonly replica: number | null;
  readonly deployment: number | null;
  readonly detail: string;
}

/** From here on, until the next point: replicas that take requests, instances that exist, and their $/hour. */
export interface Point {
  readonly at: number;
  readonly serving: number;
  readonly instances: number;
  readonly price: number;
}

/** The rehearsal once more, with one thing that fails. */
export interface WorstCase {
  readonly failure: Failure;
  readonly end: ServiceState;
  readonly fewestServing: number;
  readonly reducedSeconds: number;
  /** By how much longer it takes than without. */
  readonly extraSeconds: number;
}

export interface Failure {
  /** Begins to fail its probes, or ends. */
  readonly kind: "turns-bad" | "dies";
  readonly replica: number;
  readonly deployment: number;
  readonly at: number;
}

/** What is rehearsed in. `now` in milliseconds since the epoch. */
export interface Scene extends Pick<Context, "policy" | "now" | "others"> {
  readonly offers: readonly Offer[];
  /** What is known of backends, by name; of others the usual is assumed. */
  readonly providers?: ReadonlyMap<string, Provider> | undefined;
}

export interface Provider {
  readonly dedupes: boolean;
  readonly visibility: number;
}
