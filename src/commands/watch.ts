import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import type { Bell } from "../reconciler/bell.ts";
import type { Session } from "../reconciler/session.ts";
import { settleService } from "../reconciler/settle-service.ts";
import type { ServiceOutcome } from "../reconciler/settle-service.ts";
import { outcomeText, resultOf } from "../report/outcome-text.ts";
import { painter } from "../report/style.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import type { App } from "./app.ts";
import { collectOrphans } from "./collect-orphans.ts";
import { followFiles } from "./follow-files.ts";
import { createLiveTable } from "./live-table.ts";
import type { LiveTable } from "./live-table.ts";
import { logTail } from "./log-tail.ts";
import { takeDown } from "./take-down.ts";
import { recordedNames } from "./tick.ts";
import { openWork } from "./work.ts";
import type { Work } from "./work.ts";

export interface WatchOptions {
  /** Ends the replicas too, once it is interrupted. */
  readonly down: boolean;
  readonly gateway: boolean;
}

/** How often the state is looked at, in milliseconds: a local one, and one on a remote. */
const roundMs = { local: 1_000, remote: 15_000 } as const;

/** The longest pause after rounds that failed, in milliseconds. */
const longestPauseMs = 60_000;

/** `watch [paths]`: the gateway, and `tick` in a loop that follows the files too, in this process, until interrupted. */
export async function watch(app: App, paths: readonly string[], options: WatchOptions): Promise<ExitCode> {
  const project = await app.project();
  const table = createLiveTable(app);
  await using work = await openWork(app, project, { show: table.event, keep: true });
  const gateway = options.gateway ? await app.startGateway(project) : null;
  if (gateway !== null) table.line(`Gateway listens on http://${gateway.address.address}:${gateway.address.port}`);
  try {
    const following = followFiles(work, paths, table);
    await rounds(work, table);
    await following;
  } finally {
    table.stop();
    if (options.down) await takeDown(work);
    await gateway?.close({ drain: options.down ? 0 : 2_000 });
  }
  app.io.stderr(
    options.down
      ? "Stopped: gateway and replicas.\n"
      : "Stopped the gateway; the replicas run on. `dstack-gitops destroy NAME` ends them.\n",
  );
  return exitCodes.success;
}

/** Every recorded service has its passes going; one that has settled is looked at again in the next round. */
async function rounds(work: Work, table: LiveTable): Promise<void> {
  const { app, world, project } = work;
  const under = new Map<string, Promise<void>>();
  const pause = project.settings.state.remote === null ? roundMs.local : roundMs.remote;
  const told = new Set<string>();
  let trouble = 0;
  let bell: Bell | null = null;
  while (!app.io.signal.aborted) {
    try {
      bell = await round();
      trouble = 0;
    } catch (error) {
      // A remote that is away, a host that is busy: what serves goes on, and the next round looks again.
      trouble += 1;
      table.line(`Trouble: ${error instanceof Error ? error.message : String(error)}`);
    }
    const longer = Math.min(pause * 2 ** trouble, longestPauseMs);
    if (bell === null) await world.clock.sleep(longer, app.io.signal);
    else await bell.wait(longer, world.clock, app.io.signal);
  }
  await Promise.all(under.values());

  async function round(): Promise<Bell> {
    const snapshot = await world.store.load(work.abort);
    const session = work.session(snapshot.stateId);
    for (const name of recordedNames(snapshot)) {
      if (!under.has(name))
        under.set(
          name,
          passesOf({ name, snapshot, session, work, table }).finally(() => under.delete(name)),
        );
    }
    await collectOrphans(work, snapshot, told);
    await session.publish(snapshot, work.abort);
    await table.show(snapshot, work, session);
    return session.attention("").bell;
  }
}

interface Passes {
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly session: Session;
  readonly work: Work;
  readonly table: LiveTable;
}

async function passesOf({ name, snapshot, session, work, table }: Passes): Promise<void> {
  try {
    const before = snapshot.services.get(name)?.record ?? null;
    const outcome = await settleService(name, snapshot, session, { ...work.settleOptions(), deadline: Infinity });
    if (isNews(before, outcome)) table.line(await newsText(outcome, work));
  } catch (error) {
    table.line(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A round that found everything as it was says nothing. */
function isNews(before: ServiceRecord | null, outcome: ServiceOutcome): boolean {
  const { record } = outcome;
  const changed =
    settledAt(before) !== settledAt(record) || (before?.verdict?.at ?? null) !== (record?.verdict?.at ?? null);
  return changed || outcome.state === "removed";
}

function settledAt(record: ServiceRecord | null): string | null {
  return record?.deployments.find((deployment) => deployment.num === record.current)?.settledAt ?? null;
}

async function newsText(outcome: ServiceOutcome, work: Work): Promise<string> {
  const result = resultOf(outcome, work.project.settings);
  const tails = new Map([[outcome.name, await logTail(work, result.verdict)]]);
  const done = result.result === "settled" || result.result === "unproven" ? 1 : 0;
  return outcomeText({ results: [result], planned: 1, done, tails, interrupted: false }, painter(work.app.io.colors));
}
