import type { Owner } from "../backends/backend.ts";
import type { Policy } from "../config/settings.ts";
import { forwardTime } from "../lib/clock.ts";
import { isSameJson } from "../lib/same.ts";
import type { Route } from "../proxy-config/routes.ts";
import type { Snapshot } from "../state/store.ts";
import { createBell } from "./bell.ts";
import type { Bell } from "./bell.ts";
import type { Decision } from "./decide.ts";
import { createListing } from "./listing.ts";
import type { Listing } from "./listing.ts";
import { createProber } from "./prober.ts";
import type { Prober } from "./prober.ts";
import { createRouting } from "./routing.ts";
import type { World } from "./world.ts";

/** What the services of one process share: the world, one listing of the backends at a time, and what the gateways were given. */
export interface Session {
  readonly world: World;
  readonly policy: Policy;
  readonly owner: Owner;
  readonly listing: Listing;
  readonly leasePolicy: LeasePolicy;
  /** By which leases of our own are kept: see `forwardTime`. */
  leaseTime(): number;
  /** Gives the gateways the routes of this state, unless they were given newer ones. */
  publish(snapshot: Snapshot, signal: AbortSignal): Promise<void>;
  /** The generation that the gateways were last given. */
  published(): number;
  /** What watches a service between two passes; with `keep`, also between two rounds of passes. */
  attention(name: string): Attention;
  /** Ends what is no longer needed after a round of passes. */
  dismiss(name: string): void;
  /** Ends everything that watches. */
  close(): void;
  /** Something was accepted by this process: whoever waits looks at the state again. */
  stir(): void;
  /** When that was last, in milliseconds since the epoch. */
  stirredAt(): number;
  /** Whether these are other notes than the last that were asked about for the service. */
  isNews(name: string, notes: Decision["notes"]): boolean;
}

/** The ears of a service's passes. */
export interface Attention {
  readonly bell: Bell;
  readonly prober: Prober;
}

/** Milliseconds. */
export interface LeasePolicy {
  readonly ttl: number;
  /** How far clocks of two hosts may differ. */
  readonly skew: number;
  /** How often to look whether something newer was accepted meanwhile. */
  readonly reload: number;
}

export const defaultLeasePolicy: LeasePolicy = { ttl: 15 * 60_000, skew: 5 * 60_000, reload: 10_000 };

export interface SessionOptions {
  readonly world: World;
  readonly policy: Policy;
  readonly stateId: string;
  readonly routesOf: (snapshot: Snapshot) => readonly Route[];
  readonly leasePolicy?: LeasePolicy;
  /** Keeps probing, and the streaks, between rounds of passes: for a process that stays. */
  readonly keep?: boolean;
}

export function openSession(options: SessionOptions): Session {
  const { world } = options;
  const owner = { ...world.owner, stateId: options.stateId };
  const attentions = new Map<string, Attention>();
  const listing = createListing([...world.backends.values()], owner);
  const routing = createRouting({ world, owner, listing, routesOf: options.routesOf });
  const said = new Map<string, Decision["notes"]>();
  let stirredAt = -1;
  return {
    world,
    policy: options.policy,
    owner,
    listing,
    leasePolicy: options.leasePolicy ?? defaultLeasePolicy,
    leaseTime: forwardTime(world.clock),
    publish: (snapshot, signal) => routing.publish(snapshot, signal),
    published: () => routing.published(),
    attention(name) {
      const known = attentions.get(name);
      if (known !== undefined) return known;
      const bell = createBell();
      const attention = { bell, prober: createProber(world, bell.ring) };
      attentions.set(name, attention);
      return attention;
    },
    dismiss(name) {
      if (options.keep === true) return;
      attentions.get(name)?.prober.stop();
      attentions.delete(name);
    },
    close() {
      for (const { prober } of attentions.values()) prober.stop();
      attentions.clear();
    },
    stir() {
      stirredAt = world.clock.now();
      for (const { bell } of attentions.values()) bell.ring();
    },
    stirredAt: () => stirredAt,
    isNews(name, notes) {
      const before = said.get(name) ?? [];
      said.set(name, notes);
      return !isSameJson(before, notes);
    },
  };
}
