import type { MachineBackend } from "../../src/backends/backend.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { World } from "../../src/reconciler/world.ts";
import type { StateStore } from "../../src/state/store.ts";
import type { Luck } from "./luck.ts";
import type { Random } from "./random.ts";
import type { Run } from "./run.ts";

/** The life of one process of the program: it may end, or stop for a while, between any two of its effects or in the middle of one. */
export interface Life {
  /** Runs an effect, unless the process is dead: then nothing ever comes back. */
  readonly lives: <T>(effect: () => Promise<T>) => Promise<T>;
  /** Resolves once the process may go on. */
  readonly goesOn: () => Promise<void>;
  readonly isAlive: () => boolean;
  /** It stopped for a while, which ends at this very moment. */
  readonly isWaking: () => boolean;
  kill(): void;
}

export interface LifeOptions {
  readonly run: Pick<Run, "dies" | "freezes">;
  readonly clock: Clock;
  readonly random: Random;
  readonly luck: Luck;
}

export function createLife({ run, clock, random, luck }: LifeOptions): Life {
  let begun = 0;
  let alive = true;
  let frozenUntil = 0;
  const never = (): Promise<never> => new Promise(() => undefined);
  const goesOn = async (): Promise<void> => {
    while (clock.now() < frozenUntil) await clock.sleep(frozenUntil - clock.now());
    if (!alive) await never();
  };
  return {
    isAlive: () => alive,
    isWaking: () => clock.now() === frozenUntil,
    kill: () => (alive = false),
    goesOn,
    async lives(effect) {
      await goesOn();
      begun += 1;
      if (run.dies !== null && begun > run.dies) {
        alive = false;
        luck.count("killed");
        // Killed before the effect, or after it was done and before anybody heard of it.
        if (random() < 0.5) await effect().catch(() => undefined);
        return never();
      }
      if (begun === run.freezes?.effect) {
        luck.count(run.freezes.seconds > 65 ? "frozen for longer than a lease" : "frozen");
        frozenUntil = clock.now() + run.freezes.seconds * 1000;
        // Before the effect, which goes through when it wakes; or in the middle of it.
        if (random() < 0.5) await goesOn();
      }
      const result = await effect().then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error;
        },
      );
      await goesOn();
      return result();
    },
  };
}

/** The world as one process sees it, while it lives. */
export function mortal(world: World, life: Life): World {
  const { lives } = life;
  const store: StateStore = {
    load: (signal) => lives(() => world.store.load(signal)),
    commit: (change, signal) => lives(() => world.store.commit(change, signal)),
    readContent: (content, signal) => lives(() => world.store.readContent(content, signal)),
  };
  return {
    ...world,
    clock: {
      now: () => world.clock.now(),
      monotonic: () => world.clock.monotonic?.() ?? world.clock.now(),
      async sleep(ms, signal) {
        await world.clock.sleep(ms, signal);
        await life.goesOn();
      },
    },
    store,
    backends: new Map([...world.backends].map(([name, backend]) => [name, mortalBackend(backend, life)])),
    publisher: {
      publish: (publication, signal) => lives(() => world.publisher.publish(publication, signal)),
      status: (signal) => lives(() => world.publisher.status(signal)),
      served: (signal) => lives(async () => (await world.publisher.served?.(signal)) ?? null),
    },
    probe: async (address, probe, env, signal) => {
      const answer = await world.probe(address, probe, env, signal);
      await life.goesOn();
      return answer;
    },
    emit: (event) => (life.isAlive() ? world.emit(event) : undefined),
  };
}

function mortalBackend(backend: MachineBackend, { lives }: Life): MachineBackend {
  return {
    ...backend,
    list: (owner, signal) => lives(() => backend.list(owner, signal)),
    find: (owner, token, signal) => lives(() => backend.find(owner, token, signal)),
    provision: (request, signal) => lives(() => backend.provision(request, signal)),
    terminate: (owner, instance, signal, fence) => lives(() => backend.terminate(owner, instance, signal, fence)),
  };
}
