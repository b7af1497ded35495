import type { Backend, ObservedInstance, Owner } from "../backends/backend.ts";
import type { Snapshot, StateStore } from "../state/store.ts";
import { listEach } from "./listing.ts";
import { findOrphans, findStrangers } from "./orphans.ts";
import type { Orphans } from "./orphans.ts";

/** An instance with the backend that lists it. */
export interface Found extends ObservedInstance {
  readonly backend: string;
}

/** Everything that the backends list with our tags, and what the newest state knows of it. */
export interface Inventory {
  readonly snapshot: Snapshot;
  readonly instances: readonly Found[];
  readonly orphans: Orphans<Found>;
  /** Of the unknown ones those that hold back their services. */
  readonly strangers: readonly Found[];
  /** Backends that could not be listed, with the reason: what they have is not known. */
  readonly blind: ReadonlyMap<string, string>;
}

/** What is seen of the world when a plan is made, besides what is offered. */
export type Seen = Pick<Inventory, "strangers" | "blind" | "snapshot">;

/** What is needed to take stock. */
export interface Stocktaking {
  readonly backends: ReadonlyMap<string, Backend>;
  readonly owner: Omit<Owner, "stateId">;
  readonly store: Pick<StateStore, "load">;
}

/**
 * Lists all backends, and joins what they have with the state. What a state does not know that was read before the
 * listing may have been announced meanwhile: only what the newest does not know either is unknown.
 */
export async function takeInventory(
  { backends, owner, store }: Stocktaking,
  known: Snapshot,
  signal: AbortSignal,
): Promise<Inventory> {
  const { listed, blind } = await listEach([...backends.values()], { ...owner, stateId: known.stateId }, signal);
  const instances = listed.flatMap((each) =>
    each.instances.map((found): Found => ({ ...found, backend: each.backend })),
  );
  const isAllKnown = findStrangers(instances, known, owner).length === 0;
  const snapshot = isAllKnown ? known : await store.load(signal);
  return {
    snapshot,
    instances,
    orphans: findOrphans(instances, snapshot),
    strangers: findStrangers(instances, snapshot, owner),
    blind,
  };
}
