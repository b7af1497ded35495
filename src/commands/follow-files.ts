import { renderDiagnostics } from "../config/source-frame.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import { UserError } from "../lib/user-error.ts";
import { acceptPlan } from "../reconciler/accept-plan.ts";
import type { Plan, PlannedService } from "../reconciler/plan-document.ts";
import { planText } from "../report/plan-text.ts";
import { painter } from "../report/style.ts";
import { StateConflict } from "../state/store.ts";
import { readDesired } from "./desired.ts";
import type { LiveTable } from "./live-table.ts";
import { preparePlan } from "./planning.ts";
import { refuseWhatMayNotBe } from "./refusal.ts";
import type { Work } from "./work.ts";

/** How often the files are looked at, in milliseconds: editors write in several steps, and not every file system tells of them. In a large repository ten times as long as a look takes. */
const lookMs = 300;

/** Accepts every edit of the files, as soon as what they say is valid and differs from what they said before. */
export async function followFiles(work: Work, paths: readonly string[], table: LiveTable): Promise<void> {
  const { signal } = work.app.io;
  let seen = "";
  while (!signal.aborted) {
    const begun = work.world.clock.now();
    const now = await digestOfFiles(work, paths);
    const took = work.world.clock.now() - begun;
    if (now !== seen) {
      seen = now;
      await acceptEdit(work, paths, table);
    }
    await work.world.clock.sleep(Math.max(lookMs, 10 * took), signal);
  }
}

/** Of everything that the files say, errors included. */
async function digestOfFiles(work: Work, paths: readonly string[]): Promise<string> {
  try {
    const desired = await readDesired(work.app, work.project, paths);
    const services = desired.services.map((service) =>
      [service.source.fingerprint, ...service.contents.map((content) => content.content)].join(),
    );
    return [
      ...services,
      ...desired.diagnostics.map(
        (diagnostic) => `${diagnostic.file ?? ""}:${diagnostic.line ?? 0} ${diagnostic.message}`,
      ),
    ].join("\n");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function acceptEdit(work: Work, paths: readonly string[], table: LiveTable): Promise<void> {
  try {
    const planned = await preparePlan(work.app, work.project, work.world, paths);
    const doing = planned.plan.services.filter((service) => service.action !== "none");
    if (doing.length === 0) return;
    table.line(
      planText({ ...planned.plan, services: doing } satisfies Plan, {
        paint: painter(work.app.io.colors),
        verbose: work.app.options.verbose,
      }),
    );
    await refuseWhatMayNotBe(work.app, work.project, planned, null);
    await accept(doing, planned.snapshot, work, planned.plan.id);
  } catch (error) {
    if (error instanceof StateConflict) return acceptEdit(work, paths, table);
    if (!(error instanceof UserError)) throw error;
    table.line(`${await problemText(work, paths, error)}\nNothing was changed; what runs, runs on.`);
  }
}

async function accept(
  doing: readonly PlannedService[],
  snapshot: Parameters<typeof acceptPlan>[1],
  work: Work,
  planId: string,
): Promise<void> {
  const acceptance = { by: work.by, planId, now: work.world.clock.now(), generation: snapshot.generation };
  await acceptPlan(doing, snapshot, {
    store: work.world.store,
    leaseOwner: work.world.leaseOwner,
    acceptance,
    signal: work.abort,
  });
  work.session(snapshot.stateId).stir();
}

async function problemText(work: Work, paths: readonly string[], error: UserError): Promise<string> {
  const hint = error.hint === undefined ? "" : ` (${error.hint})`;
  if (!hasErrors(error.diagnostics)) return `${error.message}${hint}`;
  const { sources } = await readDesired(work.app, work.project, paths);
  return renderDiagnostics(error.diagnostics, sources);
}
