import { toTimestamp } from "../lib/timestamp.ts";
import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { rotatedServices } from "../reconciler/rotation.ts";
import type { SettleOptions } from "../reconciler/settle-service.ts";
import { settle } from "../reconciler/settle.ts";
import type { World } from "../reconciler/world.ts";
import { rotationHint, rotationText } from "../report/rotation-text.ts";
import type { Snapshot } from "../state/store.ts";
import type { App } from "./app.ts";
import { collectOrphans } from "./collect-orphans.ts";
import { compactHistory } from "./compact-history.ts";
import { finishCommand } from "./outcome.ts";
import { refusePublicState } from "./public-state.ts";
import { tell } from "./say.ts";
import { openWork } from "./work.ts";

/** How long a tick goes on with what it began, in milliseconds, unless `--attend` says otherwise: less than the usual five minutes between two. */
const tickAttend = 4 * 60_000;

/** `tick`: one scheduled round over everything recorded. Reads no service file, so that it applies nothing that nobody reviewed. */
export async function tick(app: App): Promise<ExitCode> {
  const project = await app.project();
  await refusePublicState(app, project);
  await using work = await openWork(app, project);
  const snapshot = await work.world.store.load(app.io.signal);
  const names = recordedNames(snapshot);
  if (names.length === 0) tell(app, "Nothing is recorded: nothing to do.");
  tellRotation(work.world, snapshot);
  const [outcomes, strangers] = await Promise.all([
    settle(names, snapshot, work.session(snapshot.stateId), {
      ...work.settleOptions(app.options.attend ?? tickAttend),
      ...consentOf(app),
    }),
    collectOrphans(work, snapshot),
  ]);
  const exitCode = await finishCommand(work, { outcomes, planned: "touched", held: [] });
  if (strangers.length > 0) return exitCode === exitCodes.success ? exitCodes.failed : exitCode;
  // A branch that is older than what runs is left as it is: whatever is put on it buries what it has lost.
  await compactHistory(app, project, snapshot, work.world.clock.now());
  return exitCode;
}

/** Values that are others than those that replicas run with: said, and left to `restart`. */
function tellRotation(world: World, snapshot: Snapshot): void {
  const time = toTimestamp(world.clock.now());
  for (const [service, rotated] of rotatedServices(snapshot, world)) {
    const detail = `${rotated.map(rotationText).join("; ")}: ${rotationHint(service)}`;
    world.emit({ event: "note", time, service, replica: null, deployment: null, detail });
  }
}

/** Here it is replicas that a person consents to give up: a tick destroys no service. */
function consentOf({ options }: App): Pick<SettleOptions, "consent"> {
  return options.allowDestroy === null ? {} : { consent: options.allowDestroy };
}

export function recordedNames(snapshot: Snapshot): readonly string[] {
  return [...snapshot.services].filter(([, state]) => state.record !== null).map(([name]) => name);
}
