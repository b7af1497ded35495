import type { ExitCode } from "../lib/user-error.ts";
import { findOrphans } from "../reconciler/orphans.ts";
import type { SettleOptions } from "../reconciler/settle-service.ts";
import { settle } from "../reconciler/settle.ts";
import type { Snapshot } from "../state/store.ts";
import type { App } from "./app.ts";
import { compactHistory } from "./compact-history.ts";
import { finishCommand } from "./outcome.ts";
import { tell } from "./say.ts";
import { openWork } from "./work.ts";
import type { Work } from "./work.ts";

/** How long a tick goes on with what it began, in milliseconds, unless `--attend` says otherwise: less than the usual five minutes between two. */
const tickAttend = 4 * 60_000;

/** `tick`: one scheduled round over everything recorded. Reads no service file, so that it applies nothing that nobody reviewed. */
export async function tick(app: App): Promise<ExitCode> {
  const project = await app.project();
  await using work = await openWork(app, project);
  const snapshot = await work.world.store.load(app.io.signal);
  const names = recordedNames(snapshot);
  if (names.length === 0) tell(app, "Nothing is recorded: nothing to do.");
  const [outcomes] = await Promise.all([
    settle(names, snapshot, work.session(snapshot.stateId), {
      ...work.settleOptions(app.options.attend ?? tickAttend),
      ...consentOf(app),
    }),
    collectOrphans(work, snapshot),
  ]);
  const code = await finishCommand(work, { outcomes, planned: "touched", held: [] });
  await compactHistory(app, project, snapshot, work.world.clock.now());
  return code;
}

/** Here it is replicas that a person consents to give up: a tick destroys no service. */
function consentOf({ options }: App): Pick<SettleOptions, "consent"> {
  return options.allowDestroy === null ? {} : { consent: options.allowDestroy };
}

export function recordedNames(snapshot: Snapshot): readonly string[] {
  return [...snapshot.services].filter(([, state]) => state.record !== null).map(([name]) => name);
}

/** Ends attempts that the state has given up, and reports what it knows nothing of. */
export async function collectOrphans(work: Work, snapshot: Snapshot): Promise<void> {
  const owner = { ...work.world.owner, stateId: snapshot.stateId };
  for (const backend of work.world.backends.values()) {
    const instances = await backend.list(owner, work.abort).catch(() => []);
    const { tombstoned, paused, unknown } = findOrphans(instances, snapshot);
    for (const instance of tombstoned) {
      tell(work.app, `${instance.service}: ends ${instance.token} on ${backend.name}, which was given up`);
      await backend.terminate(owner, instance.instance, work.abort).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        tell(work.app, `warning: ${instance.token} could not be ended: ${reason}; the next tick tries again`);
      });
    }
    for (const { token, service } of paused)
      tell(
        work.app,
        `warning: ${backend.name} runs ${token} (${service}), which was given up; it is ended once the service is resumed`,
      );
    for (const instance of unknown) {
      tell(
        work.app,
        `warning: ${backend.name} runs ${instance.token} (${instance.service}), which this state does not know; it is left alone`,
      );
    }
  }
}
