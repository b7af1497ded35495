import type { Backend, ObservedInstance, Owner } from "../backends/backend.ts";

/** One listing of all backends for everybody who asks in the same moment. */
export interface Listing {
  list(signal: AbortSignal): Promise<Listed>;
}

export interface Listed {
  readonly instances: readonly ObservedInstance[];
  readonly blind: ReadonlyMap<string, string>;
}

export function createListing(backends: readonly Backend[], owner: Owner): Listing {
  let next: Promise<Listed> | null = null;
  return {
    list(signal) {
      // Those who ask before it has begun share it; those who ask later need a newer one.
      next ??= Promise.resolve().then(() => {
        next = null;
        return listAll(backends, owner, signal);
      });
      return next;
    },
  };
}

async function listAll(backends: readonly Backend[], owner: Owner, signal: AbortSignal): Promise<Listed> {
  const answers = await Promise.all(
    backends.map(async (backend) => {
      try {
        return { backend: backend.name, instances: await backend.list(owner, signal), blind: null };
      } catch (error) {
        return { backend: backend.name, instances: [], blind: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  return {
    instances: answers.flatMap((answer) => answer.instances),
    blind: new Map(
      answers.flatMap((answer) => (answer.blind === null ? [] : [[answer.backend, answer.blind] as const])),
    ),
  };
}
