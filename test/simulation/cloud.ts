import type { MachineBackend, ObservedInstance, Offer, Owner, ProvisionRequest } from "../../src/backends/backend.ts";
import { BackendError } from "../../src/backends/errors.ts";
import type { BackendErrorCode } from "../../src/backends/errors.ts";
import type { Address } from "../../src/state/record.ts";
import { price } from "./budget.ts";
import type { Capacity } from "./capacity.ts";
import { leaningOf } from "./gpus.ts";
import { exists, instanceOf, never, observedAt } from "./instance.ts";
import type { Instance } from "./instance.ts";
import type { Luck } from "./luck.ts";
import { between, stream } from "./random.ts";
import type { Random } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** The world's truth, which every process of the program sees only through the backend. */
export interface Cloud {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly backend: MachineBackend;
  /** What exists and is tagged as this repository's. */
  ours(): readonly Instance[];
  /** How many more instances there can be now. */
  room(): number;
  /** When a listing last showed nothing though there was something. */
  liedAt(): number;
  withToken(token: string): readonly Instance[];
  byAddress(address: Address): Instance | undefined;
}

export interface CloudOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly luck: Luck;
  readonly dedupes: boolean;
  /** See `Scenario`. */
  readonly poll: number;
  readonly capacity: Capacity | null;
  readonly repository: string;
  /** Decides how GPUs are used, and nothing else. */
  readonly seed: number;
  /** Told of what begins to exist. */
  readonly created: (instance: Instance) => void;
}

export function createCloud(options: CloudOptions): Cloud {
  const { clock, random, luck, dedupes, poll, capacity, repository, seed, created } = options;
  const instances = new Map<string, Instance>(strangers(clock.now(), repository));
  const byToken = new Map<string, Instance[]>();
  let liedAt = -Infinity;
  const visibility = dedupes ? 0 : 3_000;

  const fail = (code: BackendErrorCode, message: string): never => {
    throw new BackendError("cloud", code, message);
  };

  const ours = (): readonly Instance[] =>
    [...instances.values()].filter(
      (instance) => instance.repository === repository && !isStranger(instance) && exists(instance, clock.now()),
    );
  const room = (): number => (capacity === null ? Infinity : Math.max(0, capacity.instances - ours().length));
  const full = (): never => {
    luck.count("full");
    return fail("no-capacity", "all instances are in use");
  };
  const offered = (): Offer => {
    if (capacity?.told !== true) return offer;
    if (room() === 0) luck.count("full, and said so");
    return { ...offer, headroom: room(), availability: room() === 0 ? "busy" : "available" };
  };

  /** A call that changes something: refused, done without an answer, or both unknown after a long wait. */
  const call = async <T>(act: () => T): Promise<T> => {
    if (luck.strikes("refuses")) fail("unavailable", "500 before anything was done");
    if (luck.strikes("limits")) fail("rate-limited", "429");
    if (luck.strikes("hangs")) {
      await clock.sleep(between(random, 20_000, 50_000));
      if (random() < 0.5) act();
      fail("unavailable", "timed out");
    }
    const done = act();
    if (luck.strikes("forgets")) fail("unavailable", "502, though it was done");
    return done;
  };

  const provision = async (request: ProvisionRequest): Promise<ObservedInstance> => {
    await clock.sleep(between(random, 20, 400));
    const same = (): Instance | undefined =>
      dedupes ? byToken.get(request.token)?.find(({ stateId }) => stateId === request.owner.stateId) : undefined;
    if (same() === undefined) {
      if (room() <= 0) full();
      if (luck.strikes("lacks")) fail("no-capacity", "no instance of that kind now");
      if (luck.strikes("quota")) fail("quota", "the quota is used up");
    }
    const instance = await call(() => same() ?? create(request));
    return observedAt(instance, clock.now());
  };

  const create = (request: ProvisionRequest): Instance => {
    const id = `i-${instances.size + 1}`;
    const leaning = leaningOf(request, stream(seed, request.service));
    const instance = instanceOf(request, id, clock.now(), { random, use: stream(seed, id), leaning });
    instances.set(instance.id, instance);
    byToken.set(instance.token, [...(byToken.get(instance.token) ?? []), instance]);
    created(instance);
    return instance;
  };

  const list = async (owner: Owner): Promise<readonly ObservedInstance[]> => {
    const asOf = clock.now() - (visibility > 0 ? between(random, 0, visibility - 1) : 0);
    await clock.sleep(between(random, 5, 60));
    if (luck.strikes("blinds")) fail("unavailable", "the listing timed out");
    if (dedupes && luck.strikes("empties")) {
      liedAt = clock.now();
      return [];
    }
    return [...instances.values()]
      .filter((instance) => instance.repository === owner.repository && exists(instance, asOf))
      .map((instance) => observedAt(instance, asOf));
  };

  const backend: MachineBackend = {
    kind: "machine",
    name: "cloud",
    dedupes,
    visibility,
    ...(dedupes ? { callsLast: 60_000 } : {}),
    measuresGpus: true,
    poll: { busy: poll, idle: poll * 5 },
    offers: async () => ({ ok: true, offers: luck.strikes("lacks") ? [] : [offered()], notes: [] }),
    list,
    find: async (owner, token) =>
      (await list(owner)).find((instance) => instance.token === token && instance.stateId === owner.stateId) ?? null,
    provision,
    async terminate(_owner, id) {
      await clock.sleep(between(random, 5, 100));
      await call(() => {
        const instance = instances.get(id);
        if (instance !== undefined) instance.terminatedAt = Math.min(instance.terminatedAt, clock.now());
      });
    },
    async *logs() {},
  };
  return {
    instances,
    backend,
    ours,
    room,
    liedAt: () => liedAt,
    withToken: (token) => byToken.get(token) ?? [],
    byAddress: (address) => (address.kind === "tcp" ? instances.get(address.host) : undefined),
  };
}

const offer: Offer = {
  backend: "cloud",
  region: "r1",
  instance: "small",
  resources: "cpu=2 mem=8GB",
  spot: false,
  price,
  availability: "available",
};

/** Instances that were there before us: with another project's tags, another repository's, and none. */
function strangers(now: number, repository: string): readonly (readonly [string, Instance])[] {
  const tags = [
    { repository, stateId: "another", project: "another" },
    { repository: "another", stateId: "another", project: "main" },
    { repository: "", stateId: "", project: "" },
  ];
  return tags.map((tagged, index) => {
    const id = `stranger-${index}`;
    const well = { sickAt: Infinity, exitedAt: Infinity, vanishedAt: Infinity };
    const ended = { preemptedAt: Infinity, unreachable: never, terminatedAt: Infinity };
    const named = { token: `web-0-${index + 1}`, service: "web", replica: index, deployment: 0 };
    const begun = { createdAt: now, runningAt: now, readyAt: now };
    return [id, { id, ...named, ...tagged, ...begun, ...well, ...ended, behaviour: "healthy", gpus: null, job: null }];
  });
}

export function isStranger({ id }: Pick<Instance, "id">): boolean {
  return id.startsWith("stranger-");
}
