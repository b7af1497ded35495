import { jobOf } from "../config/job.ts";
import { policyFor, type Strategy } from "../config/settings.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { acceptedChange } from "../reconciler/accept-plan.ts";
import type { AcceptedPlan } from "../reconciler/accept-plan.ts";
import type { Acceptance } from "../reconciler/accept.ts";
import { chooseStrategy } from "../reconciler/choose-strategy.ts";
import { sourceText } from "../reconciler/commit-message.ts";
import { shortBudget } from "../reconciler/decide/budget.ts";
import { currentDeployment } from "../reconciler/decide/draft.ts";
import { isKnownToServe } from "../reconciler/decide/go-back.ts";
import { othersOf } from "../reconciler/decide/others.ts";
import { desiredReplicas } from "../reconciler/decide/scale.ts";
import { takeInventory } from "../reconciler/inventory.ts";
import type { Inventory } from "../reconciler/inventory.ts";
import { repairHint } from "../reconciler/orphans-text.ts";
import { ownTarget } from "../reconciler/own-target.ts";
import { refusalFor } from "../reconciler/plan-strangers.ts";
import { settle } from "../reconciler/settle.ts";
import { supplyFor } from "../reconciler/supply.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { StateConflict } from "../state/store.ts";
import type { Happening } from "../state/trailers.ts";
import type { App } from "./app.ts";
import { confirm } from "./confirm.ts";
import { recordNamed } from "./named.ts";
import { finishCommand } from "./outcome.ts";
import { tell } from "./say.ts";
import { openWork } from "./work.ts";
import type { Work } from "./work.ts";

/** A change that a person makes to one recorded service without touching a file. */
export interface OneChange {
  readonly name: string;
  readonly question: string;
  /** What is asked for: `Restart`, `Destroy` … */
  readonly verb: string;
  /** The same in the history of the state, as something that was done: `restarted`, `paused` … */
  readonly done: string;
  /** The record to write; `null`: there is nothing to change. */
  readonly change: (record: ServiceRecord, acceptance: Acceptance) => ServiceRecord | null;
  readonly nothing: string;
  /** Whether a paused service may be changed so: what no pass may carry out is not promised. */
  readonly whilePaused?: boolean;
  /** Whether passes follow until the service has settled. */
  readonly settles: boolean;
}

/** Asks, accepts the change, and works until the service has settled. */
export async function changeOne(app: App, one: OneChange): Promise<ExitCode> {
  const project = await app.project();
  await using work = await openWork(app, project);
  const loaded = await work.world.store.load(app.io.signal);
  recordNamed(one.name, loaded);
  const seen = await takeInventory(work.world, loaded, app.io.signal);
  refuseOlder(one.name, seen);
  const before = seen.snapshot;
  refusePaused(recordNamed(one.name, before), one);
  if (!(await confirm(app, one.question))) return exitCodes.refused;
  const accepted = await accept(one, work, before);
  if (accepted === null) {
    tell(app, one.nothing);
    return exitCodes.success;
  }
  if (!one.settles) {
    tell(app, `${one.verb}: ${one.name}`);
    return exitCodes.success;
  }
  const { snapshot, own } = accepted;
  const options = { ...work.settleOptions(), own };
  const outcomes = await settle([one.name], snapshot, work.session(snapshot.stateId), options);
  return await finishCommand(work, { outcomes, planned: [one.name], held: [] });
}

/** What a person sees of the service is not how it is. */
function refuseOlder(name: string, seen: Inventory): void {
  const refusal = refusalFor(name, seen);
  if (refusal === null) return;
  throw new UserError("state-older", `${name}: ${refusal}`, { exitCode: exitCodes.refused, hint: repairHint });
}

function refusePaused(record: ServiceRecord, one: OneChange): void {
  if (record.paused === null || one.whilePaused === true) return;
  throw new UserError("paused", `${one.name} is paused by ${record.paused.by} since ${record.paused.at}`, {
    exitCode: exitCodes.refused,
    hint: `\`resume ${one.name}\` first`,
  });
}

/** By the policy and by what room there is, as a plan would; `null`: nothing is exchanged. */
async function strategyFor(
  record: ServiceRecord,
  next: ServiceRecord,
  { work, basis }: { readonly work: Work; readonly basis: Snapshot },
): Promise<Strategy | null> {
  if (next.target === null || next.target.deployment === record.target?.deployment) return null;
  const { spec, files, repos, run } = currentDeployment(next);
  const supply = await supplyFor(work.world, spec, jobOf(spec, files, repos), work.abort);
  const policy = policyFor(work.project.settings.policy, record.name);
  const now = work.world.clock.now();
  const replacement = run === record.run ? "every-replica" : "whole-run";
  const wanted = desiredReplicas(next);
  const price = supply.offers[0]?.price ?? 0;
  const shortage = shortBudget(
    record,
    { price, more: replacement === "whole-run" ? wanted : 1, wanted },
    { others: othersOf(basis, record.name, now), policy, now },
  );
  const bringsBack = isKnownToServe(next, currentDeployment(next));
  const exchange = { record, replacement, wanted, supply, shortage, bringsBack } as const;
  const choice = chooseStrategy(policy, exchange);
  // What rolls stays in its run: there is nothing to stand beside it.
  return choice.replacement === replacement ? choice.strategy : "surge";
}

/** What the history says of it: who asked for it, and what passes work towards then. */
function happeningOf(
  one: OneChange,
  before: ServiceRecord,
  { next, by }: { readonly next: ServiceRecord; readonly by: string },
): Happening {
  const message = `${one.name}: ${one.done} by ${by}`;
  if (next.target === null || next.target.deployment === before.target?.deployment) return { message, by };
  return { message, by, details: [`as deployment ${next.target.deployment}, from ${sourceText(next.target)}`] };
}

async function accept(one: OneChange, work: Work, first: Snapshot): Promise<AcceptedPlan | null> {
  let basis = first;
  for (let attempt = 0; ; attempt += 1) {
    const acceptance = { by: work.by, planId: "", now: work.world.clock.now(), generation: basis.generation };
    const record = recordNamed(one.name, basis);
    const first = one.change(record, acceptance);
    if (first === null) return null;
    const strategy = await strategyFor(record, first, { work, basis });
    const next = strategy === null ? first : (one.change(record, { ...acceptance, strategy }) ?? first);
    const change = acceptedChange(next, basis.services.get(one.name)?.lease ?? null, work.world.leaseOwner);
    try {
      const happening = happeningOf(one, record, { next, by: work.by });
      const snapshot = await work.world.store.commit({ ...happening, services: [change], basis }, work.abort);
      return { snapshot, own: new Map([[one.name, ownTarget(next)]]) };
    } catch (error) {
      if (!(error instanceof StateConflict) || attempt >= 5) throw error;
    }
    basis = await work.world.store.load(work.abort);
  }
}
