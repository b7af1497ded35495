import type { MachineBackend } from "../../src/backends/backend.ts";
import type { World } from "../../src/reconciler/world.ts";
import type { StateStore } from "../../src/state/store.ts";
import type { Random } from "./random.ts";

/** The life of one process of the program: it may end between any two of its effects, or in the middle of one. */
export interface Life {
  /** Runs an effect, unless the process is dead: then nothing ever comes back. */
  readonly lives: <T>(effect: () => Promise<T>) => Promise<T>;
  readonly isAlive: () => boolean;
  kill(): void;
}

/** `effects`: how many may begin before the process dies; Infinity: as many as there are. */
export function createLife(effects: number, random: Random): Life {
  let left = effects;
  let alive = true;
  const never = (): Promise<never> => new Promise(() => undefined);
  return {
    isAlive: () => alive,
    kill: () => (alive = false),
    async lives(effect) {
      if (!alive) return never();
      left -= 1;
      if (left < 0) {
        alive = false;
        // Killed before the effect, or after it was done and before anybody heard of it.
        if (random() < 0.5) await effect().catch(() => undefined);
        return never();
      }
      const result = await effect().then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error;
        },
      );
      if (!alive) return never();
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
      async sleep(ms, signal) {
        await world.clock.sleep(ms, signal);
        if (!life.isAlive()) await new Promise(() => undefined);
      },
    },
    store,
    backends: new Map([...world.backends].map(([name, backend]) => [name, mortalBackend(backend, life)])),
    publisher: {
      publish: (publication, signal) => lives(() => world.publisher.publish(publication, signal)),
      status: (signal) => lives(() => world.publisher.status(signal)),
    },
    probe: async (address, probe, env, signal) => {
      const answer = await world.probe(address, probe, env, signal);
      return life.isAlive() ? answer : new Promise(() => undefined);
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
    terminate: (owner, instance, signal) => lives(() => backend.terminate(owner, instance, signal)),
  };
}
