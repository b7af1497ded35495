import type { ServiceSpec } from "../config/spec.ts";
import type { Offered, ReplicaRecord } from "../state/record.ts";
import type { Offer } from "./backend.ts";
import { chooseOffers, isAvailable } from "./match-offers.ts";

/** Where and at what price a service wants its instances. */
export type Placement = Pick<
  ServiceSpec,
  | "backends"
  | "regions"
  | "availability_zones"
  | "instance_types"
  | "reservation"
  | "spot_policy"
  | "max_price"
  | "creation_policy"
  | "fleets"
>;

/** The offers that a service allows, best first, and why there are none where there would be some. */
export interface Placed {
  readonly offers: readonly Offer[];
  /** Allowed, and all in use or beyond a quota. */
  readonly taken: readonly Offer[];
  /** The properties that together leave nothing of the offers, and how they read; `null`: something is left, or nothing was offered. */
  readonly lack: string | null;
}

interface Filter {
  readonly allows: (offer: Offer) => boolean;
  /** Completes "every offer is turned down by ". */
  readonly text: string;
}

/** Chooses among what backends offer (facts §11.1, §11.2). */
export function place(offered: readonly Offer[], placement: Placement): Placed {
  const filters = filtersOf(placement);
  const allowed = offered.filter((offer) => filters.every(({ allows }) => allows(offer)));
  const chosen = chooseOffers(allowed, noFilters);
  const offers = chosen.filter((offer) => isAvailable(offer) && offer.headroom !== 0);
  const taken = chosen.filter(isTaken);
  if (allowed.length > 0 || offered.length === 0) return { offers, taken, lack: null };
  const guilty = filters.filter(({ allows }) => !offered.some(allows));
  const named = (guilty.length > 0 ? guilty : filters).map(({ text }) => text);
  return {
    offers,
    taken,
    lack: `every offer is turned down by ${named.join(guilty.length > 0 ? " and by " : " together with ")}`,
  };
}

const noFilters = { backends: null, regions: null, availability_zones: null, instance_types: null } as const;

function filtersOf(placement: Placement): readonly Filter[] {
  const { spot_policy, max_price, creation_policy, fleets, reservation } = placement;
  const lists = listed(placement);
  const spot = spot_policy ?? "on-demand";
  return [
    ...lists,
    ...(spot === "auto"
      ? []
      : [{ allows: (offer: Offer) => offer.spot === (spot === "spot"), text: spotText(spot, spot_policy) }]),
    ...(max_price === null
      ? []
      : [{ allows: (offer: Offer) => offer.price <= max_price, text: `\`max_price: ${max_price}\`` }]),
    ...(creation_policy === "reuse"
      ? [{ allows: isPooled, text: "`creation_policy: reuse`, since no instance is there to be reused" }]
      : []),
    ...(fleets === null
      ? []
      : [{ allows: isPooled, text: `\`fleets: [${fleets.join(", ")}]\`, since no backend has fleets` }]),
    ...(reservation === null
      ? []
      : [{ allows: () => false, text: `\`reservation: ${reservation}\`, since no backend has reservations` }]),
  ];
}

function spotText(spot: "spot" | "on-demand", given: Placement["spot_policy"]): string {
  return given === null ? "the default `spot_policy: on-demand`" : `\`spot_policy: ${spot}\``;
}

/** Each list filters by the rule of `chooseOffers`, one at a time, so that it can be told which leaves nothing. */
function listed(placement: Placement): readonly Filter[] {
  return (["backends", "regions", "availability_zones", "instance_types"] as const).flatMap((property) => {
    const names = placement[property];
    if (names === null) return [];
    const filters = { ...noFilters, [property]: names };
    return [
      {
        allows: (offer: Offer) => chooseOffers([offer], filters).length > 0,
        text: `\`${property}: [${names.join(", ")}]\``,
      },
    ];
  });
}

/** What a replica that is called for keeps of its offer. */
export function offeredOf({ instance, spot }: Pick<Offer, "instance" | "spot">): Offered {
  return { type: instance, spot };
}

/** Whether a replica was called for by such an offer, as far as its record tells. */
export function isOfferOf(
  offer: Pick<Offer, "backend" | "region" | "instance" | "spot">,
  { backend, region, offered }: Pick<ReplicaRecord, "backend" | "region" | "offered">,
): boolean {
  if (offer.backend !== backend || offer.region !== region) return false;
  return offered === undefined || (offer.instance === offered.type && offer.spot === offered.spot);
}

/** Whether one of these that is given back can be had again. */
function isTaken({ availability, headroom }: Offer): boolean {
  return headroom === 0 || availability === "busy" || availability === "no_quota";
}

/** An instance that is there already, and belongs to nobody. */
function isPooled(offer: Offer): boolean {
  return offer.availability === "idle";
}
