import type { Publication } from "../../src/proxy-config/publisher.ts";
import { invariant } from "./happening.ts";
import type { Scene } from "./happening.ts";
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
        const { floor, lookedAt } = scene.history.between(service, before?.generation ?? 0, after.generation);
        const now = scene.now();
        const since = Math.min(lookedAt, now) - blindMs;
        // Few replicas are given up on the word of a listing; many are the brake's (`limits-invariants.ts`).
        if (scene.cloud.liedAt() >= since) continue;
        // Nobody blames a pass for what it could not know yet, nor for letting go of the dead.
        const had = serving(before, service, scene, (each) => wasWell(each, now, now) && wasInReach(each, since, now));
        const has = serving(after, service, scene, (each) => wasWell(each, since, now) && !wasCutOff(each, since, now));
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

type Judge = (instance: Instance) => boolean;

function serving(publication: Publication | null, service: string, { cloud }: Scene, isCounted: Judge): number {
  const tokens = (publication?.routes ?? [])
    .filter((route) => route.service === service)
    .flatMap((route) => route.upstreams.map(({ id }) => id));
  return tokens.filter((token) => cloud.withToken(token).some(isCounted)).length;
}

/** Well at that time, as far as nobody of ours has ended it by now: what the world took since then counts. */
function wasWell(instance: Instance, asOf: number, now: number): boolean {
  const { readyAt, sickAt, exitedAt, vanishedAt, preemptedAt, terminatedAt } = instance;
  const endedAt = preemptedAt === Infinity ? terminatedAt : Infinity;
  return now >= readyAt && now < endedAt && asOf < Math.min(sickAt, exitedAt, vanishedAt, preemptedAt);
}

/** Its host answered all the while. */
function wasInReach({ unreachable }: Instance, since: number, now: number): boolean {
  return now < unreachable.from || since >= unreachable.until;
}

/** Its host never answered. */
function wasCutOff({ unreachable }: Instance, since: number, now: number): boolean {
  return since >= unreachable.from && now < unreachable.until;
}
