import type { Publication } from "../../src/proxy-config/publisher.ts";
import { price } from "./cloud.ts";
import type { Cloud, Instance } from "./cloud.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What must hold at every moment, whoever dies and whatever lies: looked at from outside, in the world itself. */
export interface Truth {
  /** The first thing that was broken; `null`: none. */
  broken(): string | null;
  /** The gateway's routes change. */
  routesChange(before: Publication | null, after: Publication): void;
  /** The provider is asked to end an instance. */
  terminated(instance: Instance): void;
  provisioned(instance: Instance): void;
  /** A state was written; what is published of it later was decided then. */
  committed(generation: number): void;
  /** How many replicas the accepted revision wants; `null`: the service is to go. */
  accepted(replicas: number | null): void;
}

/** How long after something fell ill nobody can know it yet: a probe's interval, several in a row, and a pass. */
const blindMs = 8_000;

export function createTruth(
  clock: VirtualClock,
  cloud: () => Cloud,
  gateway: { routesTo(token: string): boolean },
  hourly: number | null,
): Truth {
  let broken: string | null = null;
  /** The fewest that any revision accepted so far in the last while wants: an older run may still be at work on its own. */
  let wanted: number[] = [];
  const decidedAt = new Map<number, number>();
  const breaks = (what: string): void => {
    broken ??= `${(clock.now() / 1000).toFixed(2)}s: ${what}`;
  };

  return {
    broken: () => broken,
    committed: (generation) => void decidedAt.set(generation, clock.now()),
    accepted(replicas) {
      wanted = [replicas ?? 0, ...wanted].slice(0, 2);
    },
    routesChange(before, after) {
      // Nobody blames a pass for what it could not know yet, nor for letting go of the dead.
      const had = serving(before, clock.now());
      const has = serving(after, (decidedAt.get(after.generation) ?? clock.now()) - blindMs);
      const floor = Math.min(...wanted, Infinity);
      if (has < had && has < floor) breaks(`${had} served, ${has} serve, and ${floor} are wanted`);
    },
    terminated(instance) {
      if (gateway.routesTo(instance.token) && isWell(instance, clock.now()))
        breaks(`${instance.token} was ended while it was routed to`);
    },
    provisioned(instance) {
      const same = [...cloud().instances.values()].filter(
        (other) => other.token === instance.token && other !== instance,
      );
      if (same.some((other) => clock.now() < other.terminatedAt)) breaks(`${instance.token} exists twice`);
      const rate = cloud().alive().length * price;
      if (hourly !== null && rate > hourly) breaks(`everything costs $${rate}/h, and $${hourly} are allowed`);
    },
  };

  function serving(publication: Publication | null, asOf: number): number {
    const tokens = (publication?.routes ?? []).flatMap((route) => route.upstreams.map((upstream) => upstream.id));
    return tokens.filter((token) =>
      [...cloud().instances.values()].some((instance) => instance.token === token && isWell(instance, asOf)),
    ).length;
  }

  /** Well at that time, as far as it is not ended by now. */
  function isWell(instance: Instance, asOf: number): boolean {
    const now = clock.now();
    return (
      now >= instance.readyAt && asOf < Math.min(instance.sickAt, instance.exitedAt) && now < instance.terminatedAt
    );
  }
}
