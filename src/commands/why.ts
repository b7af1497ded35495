import { toTimestamp } from "../lib/timestamp.ts";
import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { takeInventory } from "../reconciler/inventory.ts";
import { inventoryLines } from "../reconciler/orphans-text.ts";
import { overdueServices } from "../reconciler/overdue.ts";
import { rotatedServices } from "../reconciler/rotation.ts";
import { overdueWarnings } from "../report/overdue-text.ts";
import { rotationWarnings } from "../report/rotation-text.ts";
import { statusOf } from "../report/status.ts";
import { painter } from "../report/style.ts";
import { whyText } from "../report/why-text.ts";
import type { App } from "./app.ts";
import { recordNamed } from "./named.ts";
import { say, sayJson, tell } from "./say.ts";

/** `why NAME`: what was accepted, what passes work towards, and the verdicts with their evidence. */
export async function why(app: App, name: string, replica: number | null): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const seen = await takeInventory(world, await world.store.load(app.io.signal), app.io.signal);
  const { snapshot } = seen;
  const record = recordNamed(name, snapshot);
  const now = world.clock.now();
  const overdue = overdueServices(snapshot, project.settings.policy, now);
  const { target, current, verdict, quarantined, paused, scaled, window, replicas } = record;
  const chosen = replicas.filter((each) => replica === null || each.num === replica);
  const since = overdue.get(name);
  const rotated = rotatedServices(snapshot, world);
  if (app.options.json)
    sayJson(app, {
      version: 1,
      name,
      status: statusOf(record),
      target,
      current,
      verdict,
      quarantined,
      paused,
      scaled,
      window,
      overdueSince: since === undefined ? null : toTimestamp(since.at),
      rotated: rotated.get(name) ?? [],
      replicas: chosen,
      unknown: seen.orphans.unknown.filter(({ service }) => service === name),
    });
  else say(app, whyText(record, chosen, painter(app.io.colors)));
  for (const warning of overdueWarnings(overdue, now, name)) tell(app, warning);
  for (const line of [...inventoryLines(seen, name), ...rotationWarnings(rotated, name)]) tell(app, line);
  return exitCodes.success;
}
