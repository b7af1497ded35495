import type { MachineBackend, ObservedInstance, Owner, ProvisionRequest } from "../../src/backends/backend.ts";
import { BackendError } from "../../src/backends/errors.ts";
import type { Address } from "../../src/state/record.ts";
import { between } from "./random.ts";
import type { Random } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** How a revision of the simulated program behaves; the value of its `BEHAVIOUR`. */
export type Behaviour = "healthy" | "slow" | "crashes-at-start" | "never-ready" | "sickens";

/** An instance that really exists in the simulated world, whoever knows of it. */
export interface Instance {
  readonly id: string;
  readonly token: string;
  readonly service: string;
  readonly replica: number;
  readonly deployment: number;
  readonly behaviour: Behaviour;
  readonly stateId: string;
  readonly createdAt: number;
  readonly runningAt: number;
  readonly readyAt: number;
  /** When it begins to fail its probes though it was ready. */
  readonly sickAt: number;
  exitedAt: number;
  terminatedAt: number;
}

/** The world's truth, which every process of the program sees only through the backend. */
export interface Cloud {
  readonly instances: Map<string, Instance>;
  readonly backend: MachineBackend;
  /** Whether an instance takes requests well now. */
  isHealthy(instance: Instance): boolean;
  alive(): readonly Instance[];
  byAddress(address: Address): Instance | undefined;
  /** Chances of trouble; zero once the world is to calm down. */
  readonly trouble: Trouble;
}

export interface Trouble {
  /** A call fails before it did anything. */
  refuses: number;
  /** A call did it, and then fails. */
  forgets: number;
  /** A listing fails. */
  blinds: number;
  /** There is no capacity. */
  lacks: number;
}

const terminationMs = 800;

/** Of every instance, in $/hour. */
export const price = 0.5;

export function createCloud(clock: VirtualClock, random: Random, options: { readonly dedupes: boolean }): Cloud {
  const instances = new Map<string, Instance>();
  const trouble: Trouble = { refuses: 0, forgets: 0, blinds: 0, lacks: 0 };
  const visibility = options.dedupes ? 0 : 3_000;

  const alive = (): readonly Instance[] =>
    [...instances.values()].filter((instance) => clock.now() < instance.terminatedAt + terminationMs);
  const fail = (code: "unavailable" | "no-capacity", message: string): never => {
    throw new BackendError("cloud", code, message);
  };

  const provision = async (request: ProvisionRequest): Promise<ObservedInstance> => {
    await clock.sleep(between(random, 20, 400));
    const same = options.dedupes
      ? [...instances.values()].find((instance) => instance.token === request.token)
      : undefined;
    if (same === undefined) {
      if (random() < trouble.lacks) fail("no-capacity", "no instance of that kind now");
      if (random() < trouble.refuses) fail("unavailable", "500 before anything was done");
    }
    const instance = same ?? create(request);
    if (random() < trouble.forgets) fail("unavailable", "timed out, though it was done");
    return observed(instance, clock.now());
  };

  const create = (request: ProvisionRequest): Instance => {
    const behaviour = behaviourOf(request.env["BEHAVIOUR"]);
    const runningAt = clock.now() + between(random, 100, 2_000);
    // Without probes nothing more than listening was asked of it, and nothing after that is noticed.
    const probed = request.job.probes.length > 0;
    const readyAt =
      !probed && behaviour !== "crashes-at-start"
        ? runningAt
        : behaviour === "never-ready" || behaviour === "crashes-at-start"
          ? Infinity
          : runningAt + (behaviour === "slow" ? between(random, 8_000, 20_000) : between(random, 200, 2_000));
    const instance: Instance = {
      id: `i-${instances.size + 1}`,
      token: request.token,
      service: request.service,
      replica: request.replica,
      deployment: request.deployment,
      behaviour,
      stateId: request.owner.stateId,
      createdAt: clock.now(),
      runningAt,
      readyAt,
      sickAt: behaviour === "sickens" && probed ? readyAt + between(random, 500, 3_000) : Infinity,
      exitedAt: behaviour === "crashes-at-start" ? runningAt + between(random, 50, 1_500) : Infinity,
      terminatedAt: Infinity,
    };
    instances.set(instance.id, instance);
    return instance;
  };

  const list = async (owner: Owner): Promise<readonly ObservedInstance[]> => {
    const asOf = clock.now() - (visibility > 0 ? between(random, 0, visibility - 1) : 0);
    await clock.sleep(between(random, 5, 60));
    if (random() < trouble.blinds) fail("unavailable", "the listing timed out");
    return [...instances.values()]
      .filter((instance) => instance.createdAt <= asOf && clock.now() < instance.terminatedAt + terminationMs)
      .map((instance) => ({
        ...observed(instance, clock.now()),
        stateId: owner.stateId === instance.stateId ? owner.stateId : instance.stateId,
      }));
  };

  const backend: MachineBackend = {
    kind: "machine",
    name: "cloud",
    dedupes: options.dedupes,
    visibility,
    poll: { busy: 200, idle: 2_000 },
    offers: async () => ({
      ok: true,
      offers: [
        {
          backend: "cloud",
          region: "r1",
          instance: "small",
          resources: "cpu=2 mem=8GB",
          spot: false,
          price,
          availability: "available",
        },
      ],
      notes: [],
    }),
    list,
    find: async (owner, token) => (await list(owner)).find((instance) => instance.token === token) ?? null,
    provision,
    async terminate(_owner, id) {
      await clock.sleep(between(random, 5, 100));
      if (random() < trouble.refuses) fail("unavailable", "500 before anything was done");
      const instance = instances.get(id);
      if (instance !== undefined) instance.terminatedAt = Math.min(instance.terminatedAt, clock.now());
      if (random() < trouble.forgets) fail("unavailable", "timed out, though it was done");
    },
    async *logs() {},
  };
  return {
    instances,
    backend,
    trouble,
    alive,
    isHealthy: (instance) =>
      clock.now() >= instance.readyAt &&
      clock.now() < Math.min(instance.sickAt, instance.exitedAt, instance.terminatedAt),
    byAddress: (address) => (address.kind === "tcp" ? instances.get(address.host) : undefined),
  };
}

function behaviourOf(text: string | undefined): Behaviour {
  const behaviours: readonly Behaviour[] = ["healthy", "slow", "crashes-at-start", "never-ready", "sickens"];
  return behaviours.find((behaviour) => behaviour === text) ?? "healthy";
}

function observed(instance: Instance, now: number): ObservedInstance {
  const exited = now >= instance.exitedAt;
  return {
    token: instance.token,
    instance: instance.id,
    stateId: instance.stateId,
    service: instance.service,
    replica: instance.replica,
    deployment: instance.deployment,
    region: "r1",
    price,
    status:
      now >= instance.terminatedAt
        ? "terminating"
        : exited
          ? "exited"
          : now >= instance.runningAt
            ? "running"
            : "provisioning",
    address: now >= instance.runningAt ? { kind: "tcp", host: instance.id, port: 8000 } : null,
    exitCode: exited ? 1 : null,
    startedAt: now >= instance.runningAt ? instance.runningAt : null,
  };
}
