import type { Backend, ObservedInstance, Owner } from "../backends/backend.ts";

/** One listing of all backends for everybody who asks in the same moment. */
export interface Listing {
  list(signal: AbortSignal): Promise<Listed>;
  /** What was listed last; nothing before the first. */
  last(): Listed;
}

export interface Listed {
  readonly instances: readonly ObservedInstance[];
  readonly blind: ReadonlyMap<string, string>;
}

export function createListing(backends: readonly Backend[], owner: Owner): Listing {
  let next: Promise<Listed> | null = null;
  let last: Listed = { instances: [], blind: new Map() };
  return {
    list(signal) {
      // Those who ask before it has begun share it; those who ask later need a newer one.
      next ??= Promise.resolve().then(async () => {
        next = null;
        return (last = await listAll(backends, owner, signal));
      });
      return next;
    },
    last: () => last,
  };
}

async function listAll(backends: readonly Backend[], owner: Owner, signal: AbortSignal): Promise<Listed> {
  const { listed, blind } = await listEach(backends, owner, signal);
  return { instances: listed.flatMap(({ instances }) => instances), blind };
}

/** What each backend lists, and why the others could not be listed. */
export async function listEach(backends: readonly Backend[], owner: Owner, signal: AbortSignal) {
  const listed = await Promise.all(
    backends.map(async (backend) => {
      try {
        return { backend: backend.name, instances: await backend.list(owner, signal), blind: null };
      } catch (error) {
        return { backend: backend.name, instances: [], blind: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  const blind = listed.flatMap((each) => (each.blind === null ? [] : [[each.backend, each.blind] as const]));
  return { listed, blind: new Map(blind) };
}
