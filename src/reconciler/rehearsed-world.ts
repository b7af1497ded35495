import type { ServiceSpec } from "../config/spec.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import type { Action } from "./decide.ts";
import { deploymentOf, isAlive } from "./decide/draft.ts";
import { isLacking } from "./decide/lacking.ts";
import { assumedEnd, expectedStart } from "./expected-times.ts";
import { noSupply } from "./observed.ts";
import type { Observed, Outcome } from "./observed.ts";
import type { Scene } from "./rehearsal.ts";
import { called, momentAfter, observedInstance, standing, streaksOf } from "./rehearsed-instance.ts";
import type { RehearsedInstance } from "./rehearsed-instance.ts";
import { isThere, offersOf, poolsOf } from "./rehearsed-supply.ts";
import type { Pool } from "./rehearsed-supply.ts";

/** One thing that goes wrong. */
export interface Fault {
  readonly kind: "turns-bad" | "dies";
  readonly token: string;
  readonly at: number;
}

/** The world of a rehearsal: instances come, answer and go as expected, and one fault at most happens. */
export interface RehearsedWorld {
  /** As the service was when the rehearsal began: what is seen in it teaches nothing. */
  readonly known: ServiceRecord;
  readonly instances: ReadonlyMap<string, RehearsedInstance>;
  readonly pools: readonly Pool[];
  /** Of the calls that the last pass made. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly scene: Scene;
  readonly fault: Fault | null;
}

/** When and by which pass something is looked at. */
export interface Look {
  readonly now: number;
  readonly pass: number;
}

export function openWorld(record: ServiceRecord, scene: Scene): RehearsedWorld {
  const there = record.replicas.filter(
    (replica) => replica.status === "terminating" || (isAlive(replica) && !isToBeCalled(replica, scene)),
  );
  const instances = there.map((replica) => {
    const expected = expectedStart(record, replica.backend);
    return [replica.token, standing(replica, scene.now, expected)] as const;
  });
  const pools = poolsOf(scene.offers, there);
  return { known: record, instances: new Map(instances), pools, outcomes: new Map(), scene, fault: null };
}

/** What was announced is called for, again if it was before: unless that could make a second one. */
function isToBeCalled({ status, backend }: ReplicaRecord, scene: Scene): boolean {
  return status === "submitted" && dedupes(scene, backend);
}

/** The world after the fault, once its time has come, without what has gone, and with everything probed that passes have come to see running. */
export function advance(world: RehearsedWorld, record: ServiceRecord, { now, pass }: Look): RehearsedWorld {
  const { fault } = world;
  const alive = new Set(record.replicas.filter(isAlive).map((replica) => replica.token));
  const instances = new Map(
    existing(world, now).map((instance) => {
      const { token } = instance.replica;
      const struck = fault?.token === token && now >= fault.at ? strike(instance, fault) : instance;
      const begins = struck.probed === null && alive.has(token) && runs(struck, now);
      return [token, begins ? { ...struck, probed: { since: now, fromPass: pass + 1 } } : struck];
    }),
  );
  return { ...world, instances };
}

export function observedIn(world: RehearsedWorld, record: ServiceRecord, look: Look): Observed {
  const there = existing(world, look.now);
  const specOf = specsIn(record);
  const { scene } = world;
  const names = new Set([...scene.offers, ...record.replicas].map(({ backend }) => backend));
  const provider = (name: string) => scene.providers?.get(name);
  return {
    instances: new Map(
      there.map((instance) => [instance.replica.token, observedInstance(instance, record.name, look.now)]),
    ),
    blind: new Map(),
    visibility: new Map([...names].map((name) => [name, provider(name)?.visibility ?? 0])),
    dedupes: new Map([...names].map((name) => [name, dedupes(scene, name)])),
    probes: new Map(there.map((instance) => [instance.replica.token, streaksOf(instance, specOf(instance), look)])),
    drained: new Set(
      record.replicas.filter((replica) => replica.status === "terminating").map((replica) => replica.token),
    ),
    unpublished: false,
    outcomes: world.outcomes,
    load: null,
    traffic: new Map(),
    supply: isLacking(record) ? { ...noSupply, offers: offersOf(world.pools, placed(there)) } : null,
  };
}

/** The world after the calls that a pass makes, all of them at one time. */
export function perform(world: RehearsedWorld, actions: readonly Action[], now: number): RehearsedWorld {
  return actions.reduce<RehearsedWorld>((next, action) => act(next, action, now), { ...world, outcomes: new Map() });
}

function act(world: RehearsedWorld, { kind, replica }: Action, now: number): RehearsedWorld {
  const known = world.instances.get(replica.token);
  if (kind === "terminate") {
    const asked = {
      ...world,
      outcomes: new Map([...world.outcomes, [replica.token, { kind: "terminating" } as const]]),
    };
    if (known === undefined || known.goneAt < Infinity) return asked;
    return withInstance(asked, { ...known, goneAt: now + assumedEnd });
  }
  if (known !== undefined) return world;
  if (!isThere(world.pools, placed(existing(world, now)), replica)) {
    return { ...world, outcomes: new Map([...world.outcomes, [replica.token, lackOf(replica)]]) };
  }
  return withInstance(world, called(replica, now, expectedStart(world.known, replica.backend)));
}

/** When a pass would see something new; now, where answers are there that the pass before could not know. */
export function nextMoment(world: RehearsedWorld, record: ServiceRecord, { now, pass }: Look): number {
  const specOf = specsIn(record);
  const fault = world.fault !== null && world.fault.at > now ? world.fault.at : Infinity;
  return existing(world, now).reduce((soonest, instance) => {
    const unseen = instance.probed !== null && instance.probed.fromPass > pass && instance.answersAt <= now;
    return unseen ? now : Math.min(soonest, momentAfter(instance, specOf(instance), now));
  }, fault);
}

/** What the provider bills for at the moment. */
export function existing({ instances }: RehearsedWorld, now: number): readonly RehearsedInstance[] {
  return [...instances.values()].filter((instance) => instance.goneAt > now);
}

function lackOf({ backend }: ReplicaRecord): Outcome {
  const message = `[${backend}] nothing more can be had`;
  return { kind: "refused", code: "no-capacity", retryable: true, message };
}

function placed(there: readonly RehearsedInstance[]): readonly ReplicaRecord[] {
  return there.map(({ replica }) => replica);
}

function withInstance(world: RehearsedWorld, instance: RehearsedInstance): RehearsedWorld {
  return { ...world, instances: new Map([...world.instances, [instance.replica.token, instance]]) };
}

function strike(instance: RehearsedInstance, { kind, at }: Fault): RehearsedInstance {
  if (kind === "dies") return { ...instance, exitedAt: at };
  return { ...instance, sickAt: at };
}

function runs({ runningAt, exitedAt, goneAt }: RehearsedInstance, now: number): boolean {
  return now >= runningAt && now < exitedAt && goneAt === Infinity;
}

/** What an instance runs: by the record where it is still there, which may have renumbered it. */
function specsIn(record: ServiceRecord): (instance: RehearsedInstance) => ServiceSpec {
  const recorded = new Map(record.replicas.map((replica) => [replica.token, replica.deployment]));
  return ({ replica }) => deploymentOf(record, recorded.get(replica.token) ?? replica.deployment).spec;
}

function dedupes({ providers }: Scene, backend: string): boolean {
  return providers?.get(backend)?.dedupes ?? true;
}
