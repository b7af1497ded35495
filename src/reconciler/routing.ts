import type { Owner } from "../backends/backend.ts";
import { inOrder } from "../proxy-config/routes.ts";
import type { Route } from "../proxy-config/routes.ts";
import type { Snapshot } from "../state/store.ts";
import type { Listing } from "./listing.ts";
import { findStrangers } from "./orphans.ts";
import { tellNote } from "./tell.ts";
import type { World } from "./world.ts";

/** What one process gives the gateways. */
export interface Routing {
  /** Gives the gateways the routes of this state, unless they were given newer ones. */
  publish(snapshot: Snapshot, signal: AbortSignal): Promise<void>;
  /** The generation that the gateways were last given. */
  published(): number;
}

export interface RoutingOptions {
  readonly world: World;
  readonly owner: Owner;
  readonly listing: Pick<Listing, "last">;
  readonly routesOf: (snapshot: Snapshot) => readonly Route[];
}

export function createRouting({ world, owner, listing, routesOf }: RoutingOptions): Routing {
  let published = -1;
  /** Whose routes were left as they were. */
  let left = "";
  let publishing: Promise<void> = Promise.resolve();
  return {
    async publish(snapshot, signal) {
      // One after the other, so that no gateway is given an older generation after a newer one.
      publishing = publishing.then(() => give(snapshot, signal));
      await publishing;
    },
    published: () => published,
  };

  async function give(given: Snapshot, signal: AbortSignal): Promise<void> {
    if (given.generation < published || (given.generation === published && keyOf(olderIn(given)) === left)) return;
    try {
      const snapshot = olderIn(given).size === 0 ? given : await world.store.load(signal);
      const older = olderIn(snapshot);
      const routes = await routesWithout(older, snapshot, signal);
      if (routes === null) return;
      await world.publisher.publish({ generation: snapshot.generation, routes }, signal);
      published = snapshot.generation;
      left = keyOf(older);
    } catch (error) {
      // Until a later pass succeeds, nothing that the gateways may still ask is terminated.
      const reason = error instanceof Error ? error.message : String(error);
      tellNote("", `routes could not be published: ${reason}`, world);
    }
  }

  /** Services of which more runs than this state knows. */
  function olderIn(snapshot: Snapshot): ReadonlySet<string> {
    return new Set(findStrangers(listing.last().instances, snapshot, owner).map(({ service }) => service));
  }

  /**
   * The routes of a state; of services that it does not know enough of those that the gateways have. `null`: what these
   * have cannot be told, or is of a newer state than any that can be read, and they keep it whole.
   */
  async function routesWithout(
    older: ReadonlySet<string>,
    snapshot: Snapshot,
    signal: AbortSignal,
  ): Promise<readonly Route[] | null> {
    const own = routesOf(snapshot);
    if (older.size === 0) return own;
    const served = await world.publisher.served?.(signal);
    if (served === undefined || (served !== null && served.generation > snapshot.generation)) return null;
    const kept = (served?.routes ?? []).filter(({ service }) => older.has(service));
    const names = new Set(kept.map(({ service }) => service));
    return inOrder([...own.filter(({ service }) => !names.has(service)), ...kept]);
  }
}

function keyOf(names: ReadonlySet<string>): string {
  return [...names].toSorted().join();
}
