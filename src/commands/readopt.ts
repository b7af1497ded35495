import { jobDigest, jobOf } from "../config/job.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { Revision } from "../reconciler/accept.ts";
import { adoptInstances, numberedAbove } from "../reconciler/adopt.ts";
import type { Adoptable } from "../reconciler/adopt.ts";
import { intentsOf } from "../reconciler/intents.ts";
import type { Found, Inventory } from "../reconciler/inventory.ts";
import { partsOfToken } from "../reconciler/orphans.ts";
import type { DesiredService } from "../reconciler/plan-document.ts";
import { contentsOf, revisionOf } from "../reconciler/revision-of.ts";
import { stateToGoOn } from "../reconciler/sort-strangers.ts";
import type { Sorted } from "../reconciler/sort-strangers.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { ServiceChange } from "../state/store.ts";
import { probeOnce } from "./shown.ts";
import type { Work } from "./work.ts";

/** What records are rebuilt from. */
export interface Readopting {
  readonly inventory: Inventory;
  readonly sorted: readonly Sorted[];
  readonly desired: readonly DesiredService[];
}

/** Takes instances into the state again, in one commit; the numbers of those that are to be ended are never used again. Gives what was done. */
export async function readopt(work: Work, { inventory, sorted, desired }: Readopting): Promise<readonly string[]> {
  const { world, app, project, by } = work;
  const { snapshot, strangers } = inventory;
  const newest = (await world.publisher.newest?.(app.io.signal)) ?? 0;
  const after = Math.max(snapshot.generation, newest, ...strangers.map(({ token }) => partsOfToken(token)?.born ?? 0));
  const commit = await project.repository.commit(app.options.ref ?? undefined);
  const acceptance = { by, planId: "", now: world.clock.now(), generation: after };
  const changes: ServiceChange[] = [];
  for (const [name, own] of Map.groupBy(sorted, ({ found }) => found.service)) {
    const record = snapshot.services.get(name)?.record ?? null;
    const service = desired.find(({ source }) => source.spec.name === name);
    const revision = service === undefined ? null : revisionOf(service, commit);
    const chosen = own.flatMap(({ found, fate }) => (fate === "adopt" ? [found] : []));
    const ended = own.flatMap(({ found, fate }) => (fate === "remove" && isOurs(found) ? [found] : []));
    const adoptable = await Promise.all(chosen.map((found) => lookAt(found, { record, revision, work })));
    const adopted = chosen.length === 0 ? record : adoptInstances(adoptable, { record, revision, acceptance });
    const next = adopted === null ? null : numberedAbove(adopted, ended);
    if (next !== null && next !== record) changes.push({ name, record: next, intents: intentsOf(next) });
  }
  if (changes.length === 0) return [];
  const taken = sorted.flatMap(({ found, fate }) => (fate === "adopt" ? [found.token] : []));
  const names = changes.map(({ name }) => name).join(", ");
  const message = `Repair ${names}: ${taken.length === 0 ? "count on" : `adopt ${taken.join(", ")}`}`;
  const contents = contentsOf(desired);
  const goesOn = { stateId: stateToGoOn(strangers) ?? snapshot.stateId, after };
  await world.store.commit({ message, services: changes, contents, basis: snapshot, by, goesOn }, work.abort);
  return taken.map((token) => `adopted ${token}`);

  function isOurs({ stateId }: Found): boolean {
    return stateId === snapshot.stateId;
  }
}

interface Known {
  readonly record: ServiceRecord | null;
  readonly revision: Revision | null;
  readonly work: Work;
}

/** One look at every probe of what is known to run; of what is not known running is enough. */
async function lookAt(found: Found, { record, revision, work }: Known): Promise<Adoptable> {
  const specs: readonly (readonly [string, ServiceSpec])[] = [
    ...(record?.deployments ?? []).map(({ job, spec }) => [job, spec] as const),
    ...(revision === null
      ? []
      : [[jobDigest(jobOf(revision.spec, revision.files, revision.repos)), revision.spec] as const]),
  ];
  const spec = specs.find(([job]) => job === found.job)?.[1];
  const { address, status } = found;
  if (status !== "running" || address === null || spec === undefined)
    return { ...found, ready: status === "running" && address !== null };
  const answers = await probeOnce({ address, spec }, { world: work.world, most: 5, signal: work.abort });
  return { ...found, ready: answers.every(({ ok }) => ok) };
}
