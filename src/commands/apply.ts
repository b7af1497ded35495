import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { acceptPlan } from "../reconciler/accept-plan.ts";
import type { AcceptedPlan } from "../reconciler/accept-plan.ts";
import type { PlannedService } from "../reconciler/plan-document.ts";
import { settle } from "../reconciler/settle.ts";
import type { Settled } from "../reconciler/settle.ts";
import { inWaves } from "../reconciler/waves.ts";
import { planText } from "../report/plan-text.ts";
import { painter } from "../report/style.ts";
import { StateConflict } from "../state/store.ts";
import type { App, Project } from "./app.ts";
import { confirm } from "./confirm.ts";
import { finishCommand } from "./outcome.ts";
import { withoutPlan } from "./plan-file.ts";
import { planChanged, preparePlan, refuseMissingEnv } from "./planning.ts";
import type { Planned } from "./planning.ts";
import { refuseWhatMayNotBe } from "./refusal.ts";
import { sayDiagnostics, tell } from "./say.ts";
import { openWork } from "./work.ts";
import type { Work } from "./work.ts";

export interface ApplyOptions {
  /** A plan that `plan --out` or `plan --json` wrote: it is applied only if its id still holds. */
  readonly plan: string | null;
}

/** `apply [paths]`: accepts the plan, then works until every service has settled, a verdict stops it, or its time is up. */
export async function apply(app: App, paths: readonly string[], options: ApplyOptions): Promise<ExitCode> {
  const project = withoutPlan(await app.project(), options.plan);
  await using work = await openWork(app, project);
  const planned = await preparePlan(app, project, work.world, paths);
  showPlan(app, planned);
  await refuseWhatMayNotBe(app, project, planned, options.plan);
  const doing = planned.plan.services.filter((service) => service.action !== "none" && service.refusal === null);
  if (doing.length > 0 && !(await confirm(app, question(doing)))) return exitCodes.refused;
  const outcomes = await changeInOrder(planned, work, { app, project, paths });
  return await finishCommand(work, {
    outcomes,
    planned: doing.map((service) => service.name),
    held: planned.plan.services.filter((service) => service.held !== null),
  });
}

/** Wave after wave, then what is to go: a wave that does not settle stops what comes after it, and what replaces something must serve first. */
async function changeInOrder(planned: Planned, work: Work, again: Again): Promise<readonly Settled[]> {
  const doing = planned.plan.services.filter((service) => service.action !== "none" && service.refusal === null);
  const changed = new Set(doing.map(({ name }) => name));
  const kept = planned.plan.services.filter(
    (service) => service.action !== "destroy" && service.held === null && service.refusal === null,
  );
  const removals = doing.filter((service) => service.action === "destroy");
  const outcomes: Settled[] = [];
  for (const part of [...inWaves(kept, again.project.settings.policy.waves), removals]) {
    // Whoever interrupts wants nothing more to be begun.
    if (again.app.io.signal.aborted) break;
    outcomes.push(...(await acceptAndSettle(part, planned, work, again)));
    if (!outcomes.every(({ name, state }) => !changed.has(name) || isReached(state))) break;
  }
  const goesOn = planned.desired.complete && !again.app.io.signal.aborted;
  return goesOn ? [...outcomes, ...(await settleRemovals(planned, work, again.app))] : outcomes;
}

function isReached(state: Settled["state"]): boolean {
  return state === "settled" || state === "unproven" || state === "removed";
}

/** Removals that were accepted before and cut short: nothing else would go on with them but a tick. */
async function settleRemovals(planned: Planned, work: Work, app: App): Promise<readonly Settled[]> {
  const begun = [...planned.snapshot.services].filter(([, { record }]) => record !== null && record.target === null);
  if (begun.length === 0) return [];
  const snapshot = await work.world.store.load(app.io.signal);
  const names = begun.map(([name]) => name).filter((name) => snapshot.services.get(name)?.record?.target === null);
  return settle(names, snapshot, work.session(snapshot.stateId), work.settleOptions());
}

function showPlan(app: App, planned: Planned): void {
  sayDiagnostics(app, planned.plan.diagnostics, planned.desired.sources);
  // Drawing it takes longer than many a plan.
  if (!app.options.quiet)
    tell(app, planText(planned.plan, { paint: painter(app.io.colors), verbose: app.options.verbose }));
  refuseMissingEnv(planned);
}

/** In dstack's words where there is one service, and in short where there are many. */
function question(doing: readonly PlannedService[]): string {
  const [only] = doing;
  if (doing.length > 1 || only === undefined) return `Apply these ${doing.length} changes?`;
  if (only.action === "create") return `Submit the run ${only.name}?`;
  if (only.action === "destroy") return `Stop the run ${only.name}?`;
  return only.action === "restart" ? "Stop and override the run?" : "Update the run?";
}

interface Again {
  readonly app: App;
  readonly project: Project;
  readonly paths: readonly string[];
}

async function acceptAndSettle(
  services: readonly PlannedService[],
  planned: Planned,
  work: Work,
  again: Again,
): Promise<readonly Settled[]> {
  if (services.length === 0) return [];
  const { snapshot, own } = await accept(services, planned, work, again);
  const names = services
    .map((service) => service.name)
    .filter((name) => (snapshot.services.get(name)?.record ?? null) !== null);
  return settle(names, snapshot, work.session(snapshot.stateId), { ...work.settleOptions(), own });
}

/** Accepts on the newest state. Whatever changed since the plan was shown, it is done only if it is still the same for these services. */
async function accept(
  services: readonly PlannedService[],
  planned: Planned,
  work: Work,
  again: Again,
): Promise<AcceptedPlan> {
  const names = new Set(services.map((service) => service.name));
  let basis = planned.snapshot;
  let current = services;
  for (let attempt = 0; ; attempt += 1) {
    const acceptance = {
      by: work.by,
      planId: planned.plan.id,
      now: work.world.clock.now(),
      generation: basis.generation,
    };
    try {
      return await acceptPlan(current, basis, {
        store: work.world.store,
        leaseOwner: work.world.leaseOwner,
        acceptance,
        signal: work.abort,
      });
    } catch (error) {
      if (!(error instanceof StateConflict) || attempt >= 5) throw error;
    }
    const replanned = await preparePlan(again.app, again.project, work.world, again.paths);
    // Of what was changed in an earlier wave nothing is left to do.
    for (const name of names)
      if (replanned.plan.contracts.get(name) !== planned.plan.contracts.get(name)) throw planChanged();
    basis = replanned.snapshot;
    current = replanned.plan.services.filter((service) => names.has(service.name));
  }
}
