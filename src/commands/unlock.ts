import { toTimestamp } from "../lib/timestamp.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import type { World } from "../reconciler/world.ts";
import { holderText, leasesJson, leasesTable } from "../report/leases-text.ts";
import type { ShownLease } from "../report/leases-text.ts";
import type { Lease } from "../state/lease-record.ts";
import { freeAt, isSameOwner } from "../state/lease.ts";
import { StateConflict } from "../state/store.ts";
import type { Snapshot } from "../state/store.ts";
import type { App, Project } from "./app.ts";
import { confirm } from "./confirm.ts";
import { recordNamed } from "./named.ts";
import { say, sayJson, tell } from "./say.ts";
import { leasePolicyOf } from "./work.ts";

export interface UnlockOptions {
  /** Though its owner may be alive, and its time is not over. */
  readonly force: boolean;
}

/** `state unlock [NAME]`: takes a lease away from whoever is dead, or has had their time; without a name, who works on what. */
export async function stateUnlock(app: App, name: string | null, { force }: UnlockOptions): Promise<ExitCode> {
  const { project, world } = await open(app);
  const snapshot = await world.store.load(app.io.signal);
  if (name === null) return list(app, await shownLeases(snapshot, project, world));
  const shown = await shownLease(name, snapshot, project, world);
  if (shown === null) {
    recordNamed(name, snapshot);
    if (app.options.json) sayJson(app, { version: 1, name, unlocked: false });
    tell(app, `Nobody works on ${name}: there is nothing to unlock.`);
    return exitCodes.success;
  }
  if (!shown.free && !force) throw stillHeld(shown);
  if (!(await confirm(app, `Take ${name} away from ${holderText(shown)}?`))) return exitCodes.refused;
  await takeAway(shown, snapshot, world, app.io.signal);
  if (app.options.json) sayJson(app, { version: 1, name, unlocked: true });
  tell(app, `Unlocked: ${name}`);
  return exitCodes.success;
}

/** Gives back what this workflow's run left when it was killed on this host: for the action's last step. */
export async function unlockOwn(app: App): Promise<ExitCode> {
  const { project, world } = await open(app);
  const snapshot = await world.store.load(app.io.signal);
  const { run, attempt, host } = world.leaseOwner;
  for (const shown of await shownLeases(snapshot, project, world)) {
    const { owner } = shown.lease;
    if (owner.run !== run || owner.attempt !== attempt || owner.host !== host || shown.alive !== false) continue;
    await takeAway(shown, snapshot, world, app.io.signal);
    tell(app, `Gave back ${shown.name}: its run was killed`);
  }
  return exitCodes.success;
}

async function open(app: App): Promise<{ readonly project: Project; readonly world: World }> {
  const project = await app.project();
  return { project, world: await app.world(project, () => undefined) };
}

async function shownLeases(snapshot: Snapshot, project: Project, world: World): Promise<readonly ShownLease[]> {
  const names = [...snapshot.services.keys()];
  const shown = await Promise.all(names.map((name) => shownLease(name, snapshot, project, world)));
  return shown.filter((lease) => lease !== null);
}

async function shownLease(
  name: string,
  snapshot: Snapshot,
  project: Project,
  world: World,
): Promise<ShownLease | null> {
  const lease = snapshot.services.get(name)?.lease ?? null;
  if (lease === null) return null;
  const alive = await world.isAlive(lease.owner);
  const until = freeAt(lease, { owner: world.leaseOwner, skew: leasePolicyOf(project).skew });
  return { name, lease, alive, until, free: alive === false || world.clock.now() > until };
}

function list(app: App, leases: readonly ShownLease[]): ExitCode {
  if (app.options.json) sayJson(app, leasesJson(leases));
  else say(app, leases.length === 0 ? "Nobody works on anything." : leasesTable(leases));
  return exitCodes.success;
}

function stillHeld(shown: ShownLease): UserError {
  return new UserError("lease-held", `${shown.name} belongs to ${holderText(shown)}`, {
    exitCode: exitCodes.leaseHeld,
    hint: `it is free at ${toTimestamp(shown.until)} at the latest; once you are sure that the run is dead, \`state unlock ${shown.name} --force\``,
  });
}

/** Takes away that very lease. Whoever renewed it, or took it over, is alive. */
async function takeAway(
  { name, lease }: ShownLease,
  shown: Snapshot,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  let basis = shown;
  for (let attempt = 0; ; attempt += 1) {
    const now = basis.services.get(name)?.lease ?? null;
    if (now === null) return;
    if (!isSameLease(now, lease)) throw changed(name, now);
    try {
      const change = { message: `Unlock ${name} (was ${lease.owner.run})`, services: [{ name, lease: null }], basis };
      await world.store.commit(change, signal);
      return;
    } catch (error) {
      if (!(error instanceof StateConflict) || attempt >= 5) throw error;
    }
    basis = await world.store.load(signal);
  }
}

/** Somebody who accepts something only asks for it. */
function isSameLease(a: Lease, b: Lease): boolean {
  return isSameOwner(a.owner, b.owner) && a.fence === b.fence && a.deadline === b.deadline;
}

function changed(name: string, { owner, deadline }: Lease): UserError {
  return new UserError("lease-changed", `${owner.run} has taken or renewed ${name} meanwhile, until ${deadline}`, {
    exitCode: exitCodes.refused,
    hint: "look again with `state unlock`",
  });
}
