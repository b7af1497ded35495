import type { Publication, Publisher, RequestWindows } from "../../src/proxy-config/publisher.ts";
import type { Luck } from "./luck.ts";
import { between } from "./random.ts";
import type { Random } from "./random.ts";
import { createTrafficCounter } from "./traffic.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A gateway that takes routes, refuses older ones, and has requests in flight that end after a while. */
export interface SimulatedGateway {
  readonly publisher: Publisher;
  /** Whether it sends new requests to the upstream. */
  routesTo(token: string): boolean;
  inFlight(token: string): number;
  /** Serves nothing until then; what is published meanwhile is taken up after. */
  stopUntil(time: number): void;
  /** From now on the load stays as it is. */
  steady(): void;
}

export interface GatewayOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly luck: Luck;
  readonly services: readonly string[];
  /** Whether an upstream fails some of its requests. */
  readonly fails: (token: string) => boolean;
  /** Whether an upstream takes long for its requests. */
  readonly drags: (token: string) => boolean;
  readonly changed: (before: Publication | null, after: Publication) => void;
}

export function createGateway({
  clock,
  random,
  luck,
  services,
  fails,
  drags,
  changed,
}: GatewayOptions): SimulatedGateway {
  let current: Publication | null = null;
  let tokens: ReadonlySet<string> = new Set();
  /** What it is to serve once it is up again. */
  let waiting: Publication | null = null;
  let downUntil = 0;
  let countedSince = clock.now();
  let steadyAt = Infinity;
  const traffic = createTrafficCounter({ clock, fails, drags });
  const calm = between(random, 1, 5);
  /** When the last request to an upstream that left ends. */
  const busyUntil = new Map<string, number>();

  const isDown = (): boolean => clock.now() < downUntil;
  const take = (publication: Publication): void => {
    if (isDown()) {
      if (waiting === null || publication.generation > waiting.generation) waiting = publication;
      return;
    }
    if (current !== null && publication.generation < current.generation) return;
    const before = current;
    const next = tokensOf(publication);
    for (const left of tokens)
      if (!next.has(left)) busyUntil.set(left, clock.now() + between(random, 0, random() < 0.2 ? 14_000 : 4_000));
    current = publication;
    tokens = next;
    traffic.serves(publication);
    changed(before, publication);
  };
  const inFlight = (token: string): number =>
    !isDown() && (tokens.has(token) || (busyUntil.get(token) ?? 0) > clock.now()) ? 1 : 0;

  // Calm and busy minutes, not the same for all.
  const load = (index: number): RequestWindows => {
    const requests = ((Math.floor(Math.min(clock.now(), steadyAt) / 60_000) + index) % calm) * 40;
    const counted = { requests, request_time: 0 };
    return { "30": counted, "60": counted, "300": counted };
  };
  return {
    publisher: {
      async publish(publication) {
        await clock.sleep(between(random, 0, 30));
        if (luck.strikes("deaf")) await misheard(publication);
        else take(publication);
        return { acknowledged: !isDown() };
      },
      served: async () => waiting ?? current,
      async status() {
        await clock.sleep(between(random, 0, 10));
        if (luck.strikes("mute")) throw new Error("injected: the gateway does not answer");
        if (isDown()) return null;
        const known = [...tokens, ...busyUntil.keys()];
        return {
          generation: current?.generation ?? 0,
          inFlight: Object.fromEntries(known.map((token) => [token, inFlight(token)])),
          requests: Object.fromEntries(services.map((name, index) => [`main/${name}`, load(index)])),
          countedSince,
          upstreams: traffic.counted(),
        };
      },
    },
    routesTo: (token) => !isDown() && tokens.has(token),
    inFlight,
    stopUntil(time) {
      downUntil = Math.max(downUntil, time);
      waiting ??= current;
      traffic.serves(null);
      clock.at(time, () => {
        if (isDown() || waiting === null) return;
        const newest = waiting;
        waiting = null;
        busyUntil.clear();
        countedSince = clock.now();
        take(newest);
      });
    },
    steady: () => void (steadyAt = clock.now()),
  };

  /** Lost; taken, and nobody hears of it; or taken late, before or after whoever asked has given up. */
  async function misheard(publication: Publication): Promise<void> {
    const how = between(random, 0, 3);
    const late = between(random, 2_000, 40_000);
    if (how === 1) take(publication);
    if (how === 2) clock.at(clock.now() + late, () => take(publication));
    if (how < 3) throw new Error("injected: the gateway did not acknowledge");
    await clock.sleep(late);
    take(publication);
  }
}

function tokensOf({ routes }: Publication): ReadonlySet<string> {
  return new Set(routes.flatMap((route) => route.upstreams.map(({ id }) => id)));
}
