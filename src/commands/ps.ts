import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { inventoryLines } from "../reconciler/orphans-text.ts";
import { overdueServices } from "../reconciler/overdue.ts";
import { rotatedServices } from "../reconciler/rotation.ts";
import type { World } from "../reconciler/world.ts";
import { overdueWarnings } from "../report/overdue-text.ts";
import { psJson } from "../report/ps-json.ts";
import { replicaTable } from "../report/replica-table.ts";
import { rotationWarnings } from "../report/rotation-text.ts";
import { painter } from "../report/style.ts";
import type { App, Project } from "./app.ts";
import { recordNamed } from "./named.ts";
import { say, sayJson, tell } from "./say.ts";
import { lookAt } from "./shown.ts";

export interface PsOptions {
  readonly name: string | null;
  /** Shows it again and again until interrupted. */
  readonly watch: boolean;
}

/** How often `ps -w` looks, in milliseconds. */
const refreshMs = 2_000;

/** `ps [NAME]`: services and their replicas as they are now. */
export async function ps(app: App, options: PsOptions): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  if (!options.watch) {
    const shown = await look(app, project, world, options.name);
    if (app.options.json) sayJson(app, shown.json);
    else say(app, shown.text);
    for (const warning of shown.warnings) tell(app, warning);
    return exitCodes.success;
  }
  const { createLogUpdate } = await import("log-update");
  const live = createLogUpdate(process.stdout);
  while (!app.io.signal.aborted) {
    const shown = await look(app, project, world, options.name);
    const text = [shown.text, ...shown.warnings].join("\n");
    if (app.options.json) sayJson(app, shown.json);
    else if (app.io.terminal) live(text);
    else say(app, text);
    await world.clock.sleep(refreshMs, app.io.signal);
  }
  return exitCodes.success;
}

async function look(app: App, project: Project, world: World, name: string | null) {
  const snapshot = await world.store.load(app.io.signal);
  if (name !== null) recordNamed(name, snapshot);
  const shown = await lookAt(world, snapshot, { signal: app.io.signal });
  const services = shown.services.filter((service) => name === null || service.record.name === name);
  const unknown = shown.inventory.orphans.unknown.filter(({ service }) => name === null || service === name);
  const now = world.clock.now();
  const overdue = overdueServices(snapshot, project.settings.policy, now);
  const text = replicaTable(services, { paint: painter(app.io.colors), verbose: app.options.verbose, now });
  const rotated = rotatedServices(snapshot, world);
  return {
    text,
    warnings: [
      ...overdueWarnings(overdue, now, name),
      ...inventoryLines(shown.inventory, name),
      ...rotationWarnings(rotated, name),
    ],
    json: psJson(services, project.settings, { overdue, unknown, rotated }),
  };
}
