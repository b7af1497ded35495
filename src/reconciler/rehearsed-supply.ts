import type { Offer } from "../backends/backend.ts";
import { isOfferOf, offeredOf } from "../backends/placement.ts";
import type { ReplicaRecord } from "../state/record.ts";

/** Instances of one kind that a rehearsed world holds at most. */
export interface Pool {
  readonly offer: Offer;
  readonly capacity: number;
}

type Placed = Pick<ReplicaRecord, "backend" | "region" | "price" | "offered">;

/** What a backend has of each kind: as many as exist now, and as many more as it offers. What is offered no more comes back only when one that exists has gone. */
export function poolsOf(offers: readonly Offer[], existing: readonly Placed[]): readonly Pool[] {
  const offered = offers.map((offer, index): Pool => {
    // Of several offers that look alike to a record, the first holds what exists.
    const held = existing.filter((replica) => offers.findIndex((other) => isOf(replica, other)) === index).length;
    return { offer, capacity: (offer.headroom ?? Infinity) + held };
  });
  const soldOut = existing.filter((replica) => !offers.some((offer) => isOf(replica, offer)));
  const kinds = soldOut
    .map(offerOf)
    .filter((kind, index, all) => all.findIndex((other) => isSame(other, kind)) === index);
  return [
    ...offered,
    ...kinds.map((offer) => ({ offer, capacity: soldOut.filter((other) => isSame(offerOf(other), offer)).length })),
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
  return offersOf(pools, existing).some((offer) => isOf(wanted, offer));
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

function isOf(replica: Placed, offer: Offer): boolean {
  return isOfferOf(offer, replica) && replica.price === offer.price;
}

function isSame(one: Offer, other: Offer): boolean {
  return isOf({ ...one, offered: offeredOf(one) }, other);
}

function offerOf({ backend, region, price, offered }: Placed): Offer {
  const { type, spot } = offered ?? { type: "as now", spot: false };
  return { backend, region, price, instance: type, resources: "", spot, availability: "available" };
}
