import type { Publication } from "../../src/proxy-config/publisher.ts";
import { invariant } from "./happening.ts";
import type { Scene } from "./happening.ts";
import { wellUntil } from "./instance.ts";
import type { Instance } from "./instance.ts";

/** How long after something fell ill nobody can know it yet: a probe's interval, several in a row, and a pass. */
const blindMs = 8_000;

/** What no change of the gateway's routes may do. */
export const routeInvariants = [
  invariant({
    name: "serving-floor",
    on: "routes",
    check({ before, after }, scene) {
      for (const { service } of after.routes) {
        const { desired: floor, lookedAt } = scene.history.between(service, before?.generation ?? 0, after.generation);
        const had = serving(before, service, scene.now(), scene);
        // Nobody blames a pass for what it could not know yet, nor for letting go of the dead.
        const has = serving(after, service, Math.min(lookedAt, scene.now()) - blindMs, scene);
        if (has < had && has < floor) return `${had} of ${service} served, ${has} serve, and ${floor} are wanted`;
      }
      return null;
    },
  }),
  invariant({
    name: "routes-only-to-ready",
    on: "routes",
    check({ before, after }, scene) {
      const known = new Set((before?.routes ?? []).flatMap(({ upstreams }) => upstreams.map(({ id }) => id)));
      for (const { service, upstreams } of after.routes) {
        const decidedAt = scene.history.at(service, after.generation)?.writtenAt ?? scene.now();
        const early = upstreams.find(
          ({ id }) =>
            !known.has(id) &&
            !scene.cloud.withToken(id).some((each) => each.service === service && each.readyAt <= decidedAt),
        );
        if (early !== undefined) return `${early.id} is routed to before it was ready`;
      }
      return null;
    },
  }),
];

function serving(publication: Publication | null, service: string, asOf: number, scene: Scene): number {
  const tokens = (publication?.routes ?? [])
    .filter((route) => route.service === service)
    .flatMap((route) => route.upstreams.map(({ id }) => id));
  return tokens.filter((token) => scene.cloud.withToken(token).some((each) => wasWell(each, asOf, scene))).length;
}

/** Well at that time, as far as nobody of ours has ended it by now. */
function wasWell(instance: Instance, asOf: number, { now, asked }: Scene): boolean {
  return (
    now() >= instance.readyAt &&
    asOf < wellUntil(instance) &&
    (!asked.has(instance.id) || now() < instance.terminatedAt)
  );
}
