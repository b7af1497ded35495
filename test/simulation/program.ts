import { jobOf } from "../../src/config/job.ts";
import { parseServices } from "../../src/config/services.ts";
import { defaultPolicy } from "../../src/config/settings.ts";
import type { Policy, Settings } from "../../src/config/settings.ts";
import { routesOf } from "../../src/proxy-config/routes.ts";
import { acceptPlan } from "../../src/reconciler/accept-plan.ts";
import { findOrphans } from "../../src/reconciler/orphans.ts";
import { makePlan } from "../../src/reconciler/plan.ts";
import { openSession } from "../../src/reconciler/session.ts";
import type { Session } from "../../src/reconciler/session.ts";
import { settle } from "../../src/reconciler/settle.ts";
import type { Settled } from "../../src/reconciler/settle.ts";
import { supplyFor } from "../../src/reconciler/supply.ts";
import type { World } from "../../src/reconciler/world.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { StateConflict } from "../../src/state/store.ts";

export const policy: Policy = { ...defaultPolicy, rollout: { ...defaultPolicy.rollout, startup: 30, drain: 5 } };

export const settings: Settings = {
  project: "main",
  exclude: [],
  state: { branch: "dstack-state", remote: null },
  backends: [],
  gateways: [
    { name: "main", type: "embedded", default: true, listen: { host: "127.0.0.1", port: 3000 }, domain: null },
  ],
  auth: { tokens: [] },
  policy,
};

/** One run of the program: what `apply` and `tick` do, between reading the files and drawing the report. */
export interface Program {
  readonly world: World;
  readonly signal: AbortSignal;
  /** Milliseconds that it stays with what it began. */
  readonly attend: number;
  /** Absent: that of the simulation. */
  readonly policy?: Policy;
}

/** `apply -y` of a repository with these service files. */
export async function applyFiles(
  files: readonly { readonly path: string; readonly text: string }[],
  program: Program,
): Promise<readonly Settled[]> {
  const { world } = program;
  const parsed = parseServices(files.map(({ path, text }) => ({ path, bytes: new TextEncoder().encode(text) })));
  if (parsed.diagnostics.some((diagnostic) => diagnostic.severity === "error"))
    throw new Error(JSON.stringify(parsed.diagnostics));
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const snapshot = await world.store.load();
    const plan = await planOf(parsed.services, snapshot, program);
    try {
      const acceptance = { by: "simulation", planId: plan.id, now: world.clock.now(), generation: snapshot.generation };
      const accepted = await acceptPlan(plan.services, snapshot, {
        store: world.store,
        leaseOwner: world.leaseOwner,
        acceptance,
        signal: program.signal,
      });
      return await work(accepted, program);
    } catch (error) {
      if (!(error instanceof StateConflict)) throw error;
    }
  }
  return [];
}

async function planOf(services: ReturnType<typeof parseServices>["services"], snapshot: Snapshot, program: Program) {
  const { world } = program;
  const names = new Set(services.map((service) => service.spec.name));
  const supply = await Promise.all(
    services.map(
      async (source) =>
        [source.spec.name, await supplyFor(world, source.spec, jobOf(source.spec, []), program.signal)] as const,
    ),
  );
  return makePlan({
    desired: services.map((source) => ({ source, contents: [], repos: [] })),
    removed: [...snapshot.services]
      .filter(([name, state]) => (state.record?.target ?? null) !== null && !names.has(name))
      .map(([name]) => name),
    snapshot,
    supply: new Map(supply),
    policy: program.policy ?? policy,
    tokens: false,
    ref: null,
    profile: null,
    commit: null,
    byHand: true,
    now: world.clock.now(),
    diagnostics: [],
  });
}

/** `tick`. */
export async function tick(program: Program): Promise<readonly Settled[]> {
  const snapshot = await program.world.store.load();
  return work(snapshot, program);
}

async function work(snapshot: Snapshot, program: Program): Promise<readonly Settled[]> {
  const { world, signal } = program;
  const session = sessionOf(program, snapshot.stateId);
  const names = [...snapshot.services].filter(([, state]) => state.record !== null).map(([name]) => name);
  await collect(snapshot, session, program);
  return settle(names, snapshot, session, {
    signal,
    abort: signal,
    deadline: world.clock.now() + program.attend,
    waitForLease: 1_000,
  });
}

async function collect(snapshot: Snapshot, session: Session, program: Program): Promise<void> {
  const { instances } = await session.listing.list(program.signal);
  for (const instance of findOrphans(instances, snapshot).tombstoned) {
    for (const backend of program.world.backends.values())
      await backend.terminate(session.owner, instance.instance, program.signal).catch(() => undefined);
  }
}

function sessionOf({ world, policy: own }: Program, stateId: string): Session {
  return openSession({
    world,
    policy: own ?? policy,
    stateId,
    routesOf: (snapshot) => routesOf(snapshot, settings),
    leasePolicy: { ttl: 60_000, skew: 2_000, reload: 5_000 },
  });
}
