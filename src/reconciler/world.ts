import type { Backend, Owner } from "../backends/backend.ts";
import type { Lookup } from "../config/env.ts";
import type { ProbeSpec } from "../config/spec.ts";
import type { Clock } from "../lib/clock.ts";
import type { Publisher } from "../proxy-config/publisher.ts";
import type { LeaseOwner } from "../state/lease-record.ts";
import type { Address } from "../state/record.ts";
import type { StateStore } from "../state/store.ts";
import type { Event } from "./event.ts";

/** Every effect that a pass may have, as values: real ones in the program, simulated ones in rehearsals and simulations. */
export interface World {
  readonly clock: Clock;
  readonly store: StateStore;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly publisher: Publisher;
  readonly probe: Probe;
  /** Values of bare `env` names and of secrets. */
  readonly env: Lookup;
  /** With what digests of values are made, so that rotation is noticed; a secret itself. Absent or `null`: none are made. */
  readonly digestKey?: string | null;
  readonly leaseOwner: LeaseOwner;
  /** Whether the owner of a lease still lives: `true` and `false` only where it can be proven. */
  readonly isAlive: (owner: LeaseOwner) => Promise<boolean | "unknown">;
  readonly owner: Omit<Owner, "stateId">;
  /** Told what happens, for people and programs. Decides nothing. */
  readonly emit: (event: Event) => void;
}

/** What one execution of a probe answered. */
export interface ProbeAnswer {
  readonly ok: boolean;
  /** HTTP status; `null` when there was no answer. */
  readonly status: number | null;
  /** Why there was none: `connection refused`, `timed out after 10 s` … */
  readonly error: string | null;
}

/** Runs one probe once. Never rejects: no answer is an answer. `env` gives values for `${{ env.X }}`. */
export type Probe = (
  address: Address,
  probe: ProbeSpec,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<ProbeAnswer>;
