import { systemClock } from "../../lib/clock.ts";
import type { Clock } from "../../lib/clock.ts";
import type { MachineBackend, ObservedInstance, Owner } from "../backend.ts";
import type { BackendModule } from "../definition.ts";
import type { LocalContext } from "./context.ts";
import { pruneFences } from "./fences.ts";
import { directoryName, observed, readReplica, readReplicas } from "./instances.ts";
import type { LocalReplica } from "./instances.ts";
import { detectIsolation } from "./isolation.ts";
import type { Isolation, NetworkSetting } from "./isolation.ts";
import { pruneLogs } from "./kept-logs.ts";
import { readLogs } from "./logs.ts";
import { offersFor } from "./offers.ts";
import { provision } from "./provision.ts";
import type { ProvisionContext } from "./provision.ts";
import { createPythons } from "./python.ts";
import { parseLocalSettings } from "./settings.ts";
import { createSpares } from "./spares.ts";
import { removeAbandoned } from "./staging.ts";
import { removeDead, terminate } from "./terminate.ts";

/** What the backend is made of. */
export interface LocalOptions {
  readonly runtimeDirectory: string;
  /** Names this host for ever, and this run of its kernel. */
  readonly hostId: string;
  readonly bootId: string;
  /** The host's environment: where interpreters are, and the few variables that replicas get. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** How long processes have between SIGTERM and SIGKILL, unless their service says otherwise. */
  readonly stopGraceMs?: number;
  readonly network?: NetworkSetting;
  /** How many replicas there may be at once; absent or `null`: as many as are asked for. */
  readonly maxReplicas?: number | null;
  /** How replicas are kept apart; looked into when absent. */
  readonly isolation?: Isolation;
}

/** Replicas as processes of this host, which outlive the command that starts them. */
export function createLocalBackend(options: LocalOptions): MachineBackend {
  const context = contextOf(options);
  return {
    kind: "machine",
    name: "local",
    dedupes: true,
    visibility: 0,
    fences: true,
    poll: { busy: 25, idle: 1_000 },
    observes: (instance) => instance.startsWith(`${options.hostId}:`),
    offers: (job) => offersFor(context, job),
    list: (owner) => list(context, owner),
    async find(owner, token) {
      const replica = await readReplica(context, directoryName(owner, token));
      return replica === null ? null : observed(replica);
    },
    expect: (service, count) => context.spares.expect(service, count),
    provision: (request, signal) => provision(context, request, signal),
    terminate: (owner, instance, _signal, fence) => terminate(context, owner, instance, fence),
    logs: (owner, token, options) => readLogs(context, { owner, token, options }),
  };
}

/** What `registry.ts` loads when the settings name the backend. */
export const definition: BackendModule = {
  create(settings, environment) {
    const { network, max_replicas: maxReplicas } = parseLocalSettings(settings);
    return createLocalBackend({ ...environment, network, maxReplicas });
  },
};

function contextOf(options: LocalOptions): ProvisionContext {
  const { runtimeDirectory, hostId, bootId, environment } = options;
  let isolation: Promise<Isolation> | null =
    options.isolation === undefined ? null : Promise.resolve(options.isolation);
  const context = {
    places: {
      runtimeDirectory,
      logsDirectory: `${runtimeDirectory}.logs`,
      fencesDirectory: `${runtimeDirectory}.fences`,
    },
    hostId,
    bootId,
    environment,
    clock: options.clock ?? systemClock,
    stopGraceMs: options.stopGraceMs ?? 10_000,
    maxReplicas: options.maxReplicas ?? null,
    isolation: () => (isolation ??= detectIsolation(options.network ?? "isolated", environment)),
    pythons: createPythons(environment),
  };
  return { ...context, spares: createSpares(context) };
}

/** What is gone is said once and removed; so is what killed commands have left. */
async function list(context: LocalContext, owner: Owner): Promise<readonly ObservedInstance[]> {
  const replicas = await readReplicas(context, owner);
  // What cannot be removed now is tried again by the next listing; it must not make this one fail.
  await tidy(context, replicas).catch(() => undefined);
  return replicas.map(observed);
}

async function tidy(context: LocalContext, replicas: readonly LocalReplica[]): Promise<void> {
  for (const replica of replicas) if (replica.status === "gone") await removeDead(context, replica);
  await removeAbandoned(context);
  await pruneLogs(context.places.logsDirectory, context.clock.now());
  pruneFences(context.places.fencesDirectory, context.clock.now());
}
