import type { Offer } from "../backends/backend.ts";
import type { ReplicaRecord } from "../state/record.ts";

/** Instances of one kind that a rehearsed world holds at most. */
export interface Pool {
  readonly offer: Offer;
  readonly capacity: number;
}

type Placed = Pick<ReplicaRecord, "backend" | "region" | "price">;

/** What a backend has of each kind: as many as exist now, and as many more as it offers. What is offered no more comes back only when one that exists has gone. */
export function poolsOf(offers: readonly Offer[], existing: readonly Placed[]): readonly Pool[] {
  const offered = offers.map((offer, index): Pool => {
    // Of several offers that look alike to a record, the first holds what exists.
    const holds = offers.findIndex((other) => isOf(other, offer)) === index;
    const held = holds ? existing.filter((replica) => isOf(replica, offer)).length : 0;
    return { offer, capacity: (offer.headroom ?? Infinity) + held };
  });
  const soldOut = existing.filter((replica) => !offers.some((offer) => isOf(replica, offer)));
  const kinds = soldOut.filter((replica, index) => soldOut.findIndex((other) => isOf(other, replica)) === index);
  return [
    ...offered,
    ...kinds.map((kind) => ({ offer: offerOf(kind), capacity: soldOut.filter((other) => isOf(other, kind)).length })),
  ];
}

/** The pools as a backend offers them while these exist. */
export function offersOf(pools: readonly Pool[], existing: readonly Placed[]): readonly Offer[] {
  const used = usage(pools, existing);
  return pools.flatMap(({ offer, capacity }, index) => {
    const headroom = capacity - (used[index] ?? 0);
    if (headroom <= 0) return [];
    return [headroom === Infinity ? offer : { ...offer, headroom }];
  });
}

/** Whether one more of that kind can be had. */
export function isThere(pools: readonly Pool[], existing: readonly Placed[], wanted: Placed): boolean {
  return offersOf(pools, existing).some((offer) => isOf(offer, wanted));
}

/** Each pool is filled in turn by what looks like it. */
function usage(pools: readonly Pool[], existing: readonly Placed[]): readonly number[] {
  const used = pools.map(() => 0);
  for (const replica of existing) {
    const alike = pools.flatMap(({ offer }, index) => (isOf(replica, offer) ? [index] : []));
    const free = alike.find((index) => (used[index] ?? 0) < (pools[index]?.capacity ?? 0)) ?? alike.at(-1);
    if (free !== undefined) used[free] = (used[free] ?? 0) + 1;
  }
  return used;
}

function isOf(one: Placed, other: Placed): boolean {
  return one.backend === other.backend && one.region === other.region && one.price === other.price;
}

function offerOf({ backend, region, price }: Placed): Offer {
  return { backend, region, price, instance: "as now", resources: "", spot: false, availability: "available" };
}
