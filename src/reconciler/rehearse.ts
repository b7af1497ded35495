import type { ObservedInstance, Offer } from "../backends/backend.ts";
import { fromTimestamp } from "../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import { decide } from "./decide.ts";
import type { Action, Decision } from "./decide.ts";
import type { Context } from "./decide/draft.ts";
import type { Event } from "./event.ts";
import type { Observed, ProbeStreak } from "./observed.ts";

/** One thing that a rollout does, in seconds after it began. */
export interface TimelineEvent {
  readonly at: number;
  readonly event: Event["event"];
  readonly replica: number | null;
  readonly deployment: number | null;
  readonly detail: string;
}

export interface Rehearsal {
  readonly timeline: readonly TimelineEvent[];
  /** Most instances at one moment, and fewest that serve. */
  readonly peak: number;
  /** Most $/hour at one moment. */
  readonly hourly: number;
  readonly fewestServing: number;
  readonly seconds: number;
}

/** How long things are assumed to take, in milliseconds. */
export interface Timing {
  readonly provision: number;
  readonly ready: number;
  readonly terminate: number;
}

export const assumedTiming: Timing = { provision: 1_000, ready: 4_000, terminate: 1_000 };

/** More passes than any rollout needs: a rehearsal that does not end shows what it has. */
const mostPasses = 20_000;

/** What a rehearsal is given. `now` in milliseconds since the epoch. */
export interface Scene extends Pick<Context, "policy" | "now" | "others"> {
  readonly offers: readonly Offer[];
  readonly timing?: Timing;
}

interface Simulated {
  readonly replica: ReplicaRecord;
  readonly runningAt: number;
  readonly readyAt: number;
  readonly goneAt: number;
}

/** Folds `decide` to its end over a world in which everything works and takes as long as assumed: what a plan shows is what passes will do. Pure. */
export function rehearse(record: ServiceRecord, scene: Scene): Rehearsal {
  const timing = scene.timing ?? assumedTiming;
  const instances = new Map(record.replicas.map((replica) => [replica.token, standing(replica, scene.now)]));
  const timeline: TimelineEvent[] = [];
  let now = scene.now;
  let peak = 0;
  let hourly = 0;
  let fewestServing = Infinity;
  let next: ServiceRecord | null = record;
  for (let pass = 0; pass < mostPasses && next !== null; pass += 1) {
    const decision: Decision = decide(next, {
      observed: observedAt(instances, next, now, scene.offers),
      policy: scene.policy,
      now,
      ...(scene.others === undefined ? {} : { others: scene.others }),
    });
    for (const note of decision.notes) timeline.push({ ...note, at: Math.round((now - scene.now) / 100) / 10 });
    for (const action of decision.actions) perform(action, instances, now, timing);
    next = decision.record;
    const there = [...instances.values()].filter((instance) => instance.goneAt > now);
    peak = Math.max(peak, there.length);
    hourly = Math.max(
      hourly,
      there.reduce((sum, { replica }) => sum + replica.price, 0),
    );
    fewestServing = Math.min(
      fewestServing,
      (next?.replicas ?? []).filter((replica) => replica.status === "running" && replica.readyAt !== null).length,
    );
    if (decision.actions.length === 0 && decision.state !== "working" && decision.state !== "waiting") break;
    // Nothing that is rehearsed makes money free again.
    if (decision.state === "waiting" && next?.verdict?.code === "over-budget") break;
    now = nextMoment(instances, decision, now);
    if (now === Infinity) break;
  }
  return {
    timeline,
    peak,
    hourly,
    fewestServing: fewestServing === Infinity ? 0 : fewestServing,
    seconds: Math.round((now - scene.now) / 1000),
  };
}

function standing(replica: ReplicaRecord, now: number): Simulated {
  return {
    replica,
    runningAt: now,
    readyAt: replica.readyAt === null ? now + assumedTiming.ready : now,
    goneAt: Infinity,
  };
}

function perform(action: Action, instances: Map<string, Simulated>, now: number, timing: Timing): void {
  const { replica } = action;
  const known = instances.get(replica.token);
  if (action.kind === "terminate") {
    if (known !== undefined && known.goneAt === Infinity)
      instances.set(replica.token, { ...known, goneAt: now + timing.terminate });
    return;
  }
  if (known !== undefined) return;
  const runningAt = now + timing.provision;
  instances.set(replica.token, { replica, runningAt, readyAt: runningAt + timing.ready, goneAt: Infinity });
}

function observedAt(
  instances: ReadonlyMap<string, Simulated>,
  record: ServiceRecord,
  now: number,
  offers: readonly Offer[],
): Observed {
  const there = [...instances].filter(([, simulated]) => simulated.goneAt > now);
  const backends = new Set([
    ...offers.map((offer) => offer.backend),
    ...record.replicas.map((replica) => replica.backend),
  ]);
  return {
    instances: new Map(there.map(([token, simulated]) => [token, instanceAt(token, simulated, record, now)])),
    blind: new Map(),
    visibility: new Map([...backends].map((name) => [name, 0])),
    dedupes: new Map([...backends].map((name) => [name, true])),
    probes: new Map(there.map(([token, simulated]) => [token, streaksAt(simulated, record, now)])),
    drained: new Set(
      record.replicas.filter((replica) => replica.status === "terminating").map((replica) => replica.token),
    ),
    unpublished: false,
    outcomes: new Map(),
    load: null,
    traffic: new Map(),
    supply: { offers, refusal: null, lack: null, missingEnv: [] },
  };
}

function instanceAt(token: string, simulated: Simulated, record: ServiceRecord, now: number): ObservedInstance {
  const { replica } = simulated;
  return {
    token,
    instance: replica.instance ?? token,
    stateId: "",
    service: record.name,
    replica: replica.num,
    deployment: replica.deployment,
    region: replica.region,
    price: replica.price,
    status: simulated.runningAt > now ? "provisioning" : "running",
    address: replica.address ?? { kind: "tcp", host: "127.0.0.1", port: 1 },
    exitCode: null,
    startedAt: simulated.runningAt,
  };
}

function streaksAt(simulated: Simulated, record: ServiceRecord, now: number): readonly ProbeStreak[] {
  const deployment = record.deployments.find((other) => other.num === simulated.replica.deployment);
  const count = Math.max(1, deployment?.spec.probes.length ?? 1);
  const successes = simulated.readyAt > now ? 0 : Infinity;
  return Array.from({ length: count }, () => ({ successes, failures: 0, last: null }));
}

function nextMoment(instances: ReadonlyMap<string, Simulated>, decision: Decision, now: number): number {
  const moments = [...instances.values()].flatMap((simulated) => [
    simulated.runningAt,
    simulated.readyAt,
    simulated.goneAt,
  ]);
  const drains = (decision.record?.replicas ?? []).some(
    (replica) =>
      replica.status === "terminating" &&
      replica.termination !== null &&
      fromTimestamp(replica.termination.since) >= now,
  );
  const next = [...moments, decision.wakeAt ?? Infinity, drains ? now + 100 : Infinity].filter(
    (moment) => moment > now,
  );
  return Math.min(...next, Infinity);
}
