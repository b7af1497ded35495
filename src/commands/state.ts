import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { overdueServices } from "../reconciler/overdue.ts";
import { overdueWarnings } from "../report/overdue-text.ts";
import type { App } from "./app.ts";
import { recordNamed } from "./named.ts";
import { sayJson, tell } from "./say.ts";

/** `state show [NAME]`: what the state branch says, as JSON. */
export async function stateShow(app: App, name: string | null): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const { commit, generation, stateId, services } = await world.store.load(app.io.signal);
  const shown =
    name === null
      ? Object.fromEntries(services)
      : { [name]: { ...services.get(name), record: recordNamed(name, { commit, generation, stateId, services }) } };
  const document = { version: 1, commit, generation, stateId, services: shown };
  if (app.options.json) sayJson(app, document);
  else app.io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  const now = world.clock.now();
  const overdue = overdueServices({ commit, generation, stateId, services }, project.settings.policy, now);
  for (const warning of overdueWarnings(overdue, now, name)) tell(app, warning);
  return exitCodes.success;
}
