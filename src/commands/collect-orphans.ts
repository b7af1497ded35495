import { takeInventory } from "../reconciler/inventory.ts";
import type { Found, Inventory } from "../reconciler/inventory.ts";
import { inventoryLines, listText } from "../reconciler/orphans-text.ts";
import type { Snapshot } from "../state/store.ts";
import { tell } from "./say.ts";
import type { Work } from "./work.ts";

/** Ends attempts that the state has given up, and reports what it knows nothing of, with what that costs. Gives the instances that hold back their services. */
export async function collectOrphans(
  work: Work,
  snapshot: Snapshot,
  told = new Set<string>(),
): Promise<readonly Found[]> {
  const once = (text: string): void => {
    if (!told.has(text)) tell(work.app, text);
    told.add(text);
  };
  try {
    const inventory = await takeInventory(work.world, snapshot, work.abort);
    for (const line of inventoryLines(inventory)) once(line);
    await endTombstoned(work, inventory, once);
    return inventory.strangers;
  } catch (error) {
    // Passes are under way beside this, and say themselves what keeps them from going on.
    once(`warning: orphans could not be looked for: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

/** Ends what was given up, on every backend; gives those that could not be ended. */
export async function endTombstoned(
  { world, abort }: Pick<Work, "world" | "abort">,
  { orphans }: Pick<Inventory, "orphans">,
  say: (text: string) => void,
): Promise<readonly Found[]> {
  const left: Found[] = [];
  for (const found of orphans.tombstoned) {
    say(`${found.service}: ends ${listText([found])}, which was given up`);
    const failure = await endOne(found, { world, abort });
    if (failure === null) continue;
    left.push(found);
    say(`warning: ${failure}; the next tick tries again`);
  }
  return left;
}

/** Ends an instance under the tags that it has; `null`: it is ended, else why not. */
export async function endOne(
  { backend, instance, token, stateId }: Found,
  { world, abort }: Pick<Work, "world" | "abort">,
): Promise<string | null> {
  try {
    await world.backends.get(backend)?.terminate({ ...world.owner, stateId }, instance, abort);
    return null;
  } catch (error) {
    return `${token} could not be ended: ${error instanceof Error ? error.message : String(error)}`;
  }
}
