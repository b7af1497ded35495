import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { takeInventory } from "../reconciler/inventory.ts";
import type { Found } from "../reconciler/inventory.ts";
import { costText, inventoryLines, listText } from "../reconciler/orphans-text.ts";
import type { App } from "./app.ts";
import { endTombstoned } from "./collect-orphans.ts";
import { compactHistory } from "./compact-history.ts";
import { confirm } from "./confirm.ts";
import { sayJson, tell } from "./say.ts";
import { openWork } from "./work.ts";

/** `state gc`: ends what the state has given up on every backend, reports what it does not know, and bounds the history. */
export async function stateGc(app: App): Promise<ExitCode> {
  const project = await app.project();
  await using work = await openWork(app, project);
  const loaded = await work.world.store.load(app.io.signal);
  const inventory = await takeInventory(work.world, loaded, app.io.signal);
  const { tombstoned, paused, unknown } = inventory.orphans;
  for (const line of inventoryLines(inventory)) tell(app, line);
  if (tombstoned.length > 0) tell(app, `Given up, and still there: ${listText(tombstoned)}, ${costText(tombstoned)}.`);
  const consented = tombstoned.length === 0 || (await confirm(app, `End these ${tombstoned.length}?`));
  const left = consented ? await endTombstoned(work, inventory, (text) => tell(app, text)) : tombstoned;
  const ended = tombstoned.filter((found) => !left.includes(found));
  if (app.options.json)
    sayJson(app, {
      version: 1,
      ended: ended.map(instanceJson),
      left: left.map(instanceJson),
      paused: paused.map(instanceJson),
      unknown: unknown.map(instanceJson),
      blind: [...inventory.blind].map(([backend, reason]) => ({ backend, reason })),
    });
  if (!consented) return exitCodes.refused;
  // A branch that is older than what runs is left as it is: whatever is put on it buries what it has lost.
  if (inventory.strangers.length === 0) await compactHistory(app, project, inventory.snapshot, work.world.clock.now());
  const isLeft = left.length > 0 || unknown.length > 0 || inventory.blind.size > 0;
  tell(app, isLeft ? `${ended.length} ended; something is left.` : `${ended.length} ended; nothing is left.`);
  return isLeft ? exitCodes.failed : exitCodes.success;
}

/** An instance in documents. */
export function instanceJson({
  backend,
  instance,
  token,
  service,
  replica,
  deployment,
  stateId,
  status,
  price,
}: Found) {
  return { backend, instance, token, service, replica, deployment, stateId, status, price };
}
