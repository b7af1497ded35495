import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { overdueServices } from "../reconciler/overdue.ts";
import { overdueWarnings } from "../report/overdue-text.ts";
import type { App } from "./app.ts";
import { recordNamed } from "./named.ts";
import { pastState } from "./past-state.ts";
import { sayJson, tell } from "./say.ts";

/** `state show [NAME] [--at COMMIT|TIME]`: what the state branch says, or said then, as JSON. */
export async function stateShow(app: App, name: string | null, at: string | null): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const now = world.clock.now();
  const snapshot =
    at === null ? await world.store.load(app.io.signal) : await pastState(app, project, { text: at, now });
  const { commit, generation, stateId, services } = snapshot;
  const shown =
    name === null
      ? Object.fromEntries(services)
      : { [name]: { ...services.get(name), record: recordNamed(name, snapshot) } };
  const document = { version: 1, commit, generation, stateId, services: shown };
  if (app.options.json) sayJson(app, document);
  else app.io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  if (at !== null) return exitCodes.success;
  const overdue = overdueServices(snapshot, project.settings.policy, now);
  for (const warning of overdueWarnings(overdue, now, name)) tell(app, warning);
  return exitCodes.success;
}
