import { hasErrors } from "../lib/diagnostics.ts";
import { UserError } from "../lib/user-error.ts";
import { takeInventory } from "../reconciler/inventory.ts";
import type { Found, Inventory } from "../reconciler/inventory.ts";
import { blindText, costText, listText } from "../reconciler/orphans-text.ts";
import type { DesiredService } from "../reconciler/plan-document.ts";
import { sortStrangers } from "../reconciler/sort-strangers.ts";
import type { Choice, Sorted } from "../reconciler/sort-strangers.ts";
import type { App, Project } from "./app.ts";
import { endOne } from "./collect-orphans.ts";
import { confirm } from "./confirm.ts";
import { readDesired } from "./desired.ts";
import { readopt } from "./readopt.ts";
import { sayDiagnostics, tell } from "./say.ts";
import { instanceJson } from "./state-gc.ts";
import { openWork } from "./work.ts";
import type { Work } from "./work.ts";

/** What became of the instances that no state knows. */
export interface InstanceRepair {
  readonly done: readonly string[];
  readonly left: readonly Found[];
  readonly shown: readonly (ReturnType<typeof instanceJson> & { readonly fate: string; readonly why: string })[];
  readonly blind: Inventory["blind"];
  readonly refused: boolean;
}

/** Adopts or ends instances that no state knows, as was chosen; without a choice they are listed. */
export async function repairInstances(app: App, project: Project, choice: Choice): Promise<InstanceRepair> {
  await using work = await openWork(app, project);
  const loaded = await work.world.store.load(app.io.signal);
  const inventory = await takeInventory(work.world, loaded, app.io.signal);
  const { strangers, blind } = inventory;
  for (const entry of blind) tell(app, `warning: ${blindText(entry)}`);
  refuseUnknown(choice, strangers);
  const desired = strangers.length === 0 ? [] : await readFiles(app, project);
  const sorted = sortStrangers(inventory, { choice, named: new Set(desired.map(({ source }) => source.spec.name)) });
  for (const { found, fate, why } of sorted) tell(app, `${found.service}: ${listText([found])}: ${fate} (${why})`);
  const shown = sorted.map(({ found, fate, why }) => ({ ...instanceJson(found), fate, why }));
  const chosen = sorted.filter(({ fate }) => fate !== "left");
  if (chosen.length === 0) {
    if (strangers.length > 0)
      tell(app, `They cost ${costText(strangers)} together. Choose with --adopt NAME|all and --remove TOKEN|all.`);
    return { done: [], left: strangers, shown, blind, refused: false };
  }
  if (!(await confirm(app, questionOf(chosen)))) return { done: [], left: strangers, shown, blind, refused: true };
  const adopted = await readopt(work, { inventory, sorted, desired });
  const ended = await endThem(work, sorted);
  const done = [...adopted, ...ended.map(({ token }) => `ended ${token}`)];
  for (const text of done) tell(app, `Done: ${text}`);
  const left = sorted.filter(({ found, fate }) => fate === "left" || (fate === "remove" && !ended.includes(found)));
  return { done, left: left.map(({ found }) => found), shown, blind, refused: false };
}

function refuseUnknown({ adopt, remove }: Choice, strangers: readonly Found[]): void {
  const services = new Set(strangers.map(({ service }) => service));
  const tokens = new Set(strangers.map(({ token }) => token));
  const unknown = [
    ...adopt.filter((name) => name !== "all" && !services.has(name)),
    ...remove.filter((token) => token !== "all" && !tokens.has(token)),
  ];
  if (unknown.length === 0) return;
  throw new UserError("unknown-instance", `nothing runs that the state does not know as ${unknown.join(", ")}`, {
    hint: strangers.length === 0 ? "everything that runs is known" : `there are: ${listText(strangers)}`,
  });
}

/** Files with errors name nothing: what runs can still be ended, or adopted once they are right. */
async function readFiles(app: App, project: Project): Promise<readonly DesiredService[]> {
  const desired = await readDesired(app, project, []);
  if (hasErrors(desired.diagnostics)) sayDiagnostics(app, desired.diagnostics, desired.sources);
  return desired.services;
}

function questionOf(chosen: readonly Sorted[]): string {
  const count = (fate: Sorted["fate"]): number => chosen.filter((each) => each.fate === fate).length;
  const parts = [
    ...(count("adopt") > 0 ? [`take ${count("adopt")} into the state again`] : []),
    ...(count("remove") > 0 ? [`end ${count("remove")}`] : []),
  ];
  const text = parts.join(" and ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}?`;
}

async function endThem(work: Work, sorted: readonly Sorted[]): Promise<readonly Found[]> {
  const ended: Found[] = [];
  for (const { found, fate } of sorted) {
    if (fate !== "remove") continue;
    const failure = await endOne(found, work);
    if (failure === null) ended.push(found);
    else tell(work.app, `warning: ${failure}`);
  }
  return ended;
}
