import type { MachineBackend, ObservedInstance, ProvisionRequest } from "../../src/backends/backend.ts";
import { BackendError } from "../../src/backends/errors.ts";
import type { Address } from "../../src/state/record.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** How things are in a world in which nothing goes wrong. Durations in milliseconds. */
export interface CalmTimes {
  readonly run: number;
  readonly answer: number;
  readonly end: number;
}

interface CalmInstance {
  readonly seen: Omit<ObservedInstance, "status" | "address" | "exitCode" | "startedAt">;
  readonly runningAt: number;
  goneAt: number;
}

export interface CalmCloud {
  readonly backend: MachineBackend;
  /** From when on an address answers. */
  answersAt(address: Address): number;
  /** Another process begins to look. */
  begin(): void;
}

/**
 * A provider that keeps its word to the millisecond. Whoever follows its pace looks exactly when something happens: passes
 * look sooner than they are told after they have called for something, and the pace makes up for that.
 */
export function createCalmCloud(
  clock: VirtualClock,
  {
    name,
    times,
    dedupes,
    capacity,
  }: { readonly name: string; readonly times: CalmTimes; readonly dedupes: boolean; readonly capacity: number },
): CalmCloud {
  const instances = new Map<string, CalmInstance>();
  const there = (): readonly CalmInstance[] =>
    [...instances.values()].filter((instance) => clock.now() < instance.goneAt);
  const untilNext = (): number => {
    const moments = there().flatMap(({ runningAt, goneAt }) => [runningAt, goneAt]);
    const next = Math.min(...moments.filter((moment) => moment > clock.now()));
    return next === Infinity ? 60_000 : next - clock.now();
  };
  /** How many times the last new calls were looked after, as passes count it. */
  let looks = -1;
  let called = false;
  /** Calls of the pass before, and of this one: one that is made once more is nothing new. */
  let asked: ReadonlySet<string> = new Set();
  let asking = new Set<string>();
  const hear = (call: string): void => {
    asking.add(call);
    called ||= !asked.has(call);
  };
  const pace = (): number => (untilNext() * 8) / 2 ** Math.min(called ? 0 : looks + 1, 3);
  const backend: MachineBackend = {
    kind: "machine",
    name,
    dedupes,
    measuresGpus: true,
    visibility: dedupes ? 0 : 3_000,
    get poll() {
      return { busy: pace(), idle: pace() };
    },
    async offers() {
      const headroom = capacity - there().length;
      const offer = {
        backend: name,
        region: "r1",
        instance: "small",
        resources: "cpu=2",
        spot: false,
        price: 0.5,
        availability: "available",
        ...(capacity === Infinity ? {} : { headroom }),
      } as const;
      return { ok: true, offers: headroom > 0 ? [offer] : [], notes: [] };
    },
    async list() {
      looks = called ? 0 : looks + 1;
      called = false;
      asked = asking;
      asking = new Set();
      // What happens at this very moment has happened before anybody is told.
      await clock.sleep(0);
      return there().map((instance) => observed(instance, clock.now()));
    },
    find: async (_owner, token) =>
      there()
        .map((instance) => observed(instance, clock.now()))
        .find((instance) => instance.token === token) ?? null,
    async provision(request) {
      hear(`provision ${request.token}`);
      if (there().length >= capacity) throw new BackendError(name, "no-capacity", "nothing more can be had");
      const instance = create(request);
      return observed(instance, clock.now());
    },
    async terminate(_owner, id) {
      hear(`terminate ${id}`);
      const instance = instances.get(id);
      if (instance !== undefined && instance.goneAt === Infinity) instance.goneAt = clock.now() + times.end;
    },
    async *logs() {},
  };
  return {
    backend,
    begin() {
      looks = -1;
      called = false;
      asked = new Set();
      asking = new Set();
    },
    answersAt: (address) =>
      (address.kind === "tcp" ? (instances.get(address.host)?.runningAt ?? Infinity) : Infinity) + times.answer,
  };

  function create({ token, owner, service, replica, deployment }: ProvisionRequest): CalmInstance {
    const same = [...instances.values()].find((instance) => instance.seen.token === token);
    if (same !== undefined) return same;
    const id = `i-${instances.size + 1}`;
    const seen = {
      token,
      instance: id,
      stateId: owner.stateId,
      service,
      replica,
      deployment,
      region: "r1",
      price: 0.5,
    };
    const instance = { seen, runningAt: clock.now() + times.run, goneAt: Infinity };
    instances.set(id, instance);
    return instance;
  }
}

function observed({ seen, runningAt, goneAt }: CalmInstance, now: number): ObservedInstance {
  const running = now >= runningAt;
  return {
    ...seen,
    status: goneAt < Infinity ? "terminating" : running ? "running" : "provisioning",
    address: running ? { kind: "tcp", host: seen.instance, port: 8000 } : null,
    exitCode: null,
    startedAt: running ? runningAt : null,
  };
}
