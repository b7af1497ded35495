import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { stateDiffText } from "../report/state-diff-text.ts";
import { painter } from "../report/style.ts";
import { diffStates } from "../state/state-diff.ts";
import type { App } from "./app.ts";
import { pastState } from "./past-state.ts";
import { say, sayJson } from "./say.ts";

/** `state diff FROM [TO]`: what differs between two states. */
export async function stateDiff(app: App, from: string, to: string | null): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const now = world.clock.now();
  const before = await pastState(app, project, { text: from, now });
  const after = to === null ? await world.store.load(app.io.signal) : await pastState(app, project, { text: to, now });
  const diff = diffStates(before, after);
  if (app.options.json) sayJson(app, { version: 1, ...diff });
  else say(app, stateDiffText(diff, painter(app.io.colors)));
  return exitCodes.success;
}
