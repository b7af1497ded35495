import type { ObservedInstance, Offer } from "../../src/backends/backend.ts";
import type { Policy } from "../../src/config/settings.ts";
import { decide, type Decision, type ServiceState } from "../../src/reconciler/decide.ts";
import { isAlive, isServing } from "../../src/reconciler/decide/draft.ts";
import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { Observed, Outcome, ProbeStreak } from "../../src/reconciler/observed.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import type { Traffic } from "../../src/state/verdict.ts";
import { failing, now as start, offer, passing } from "./decisions.ts";

/** What the replicas of a deployment are like: seconds after they run. */
export interface Manner {
  readonly readyAfter?: number;
  readonly sickAfter?: number;
  readonly traffic?: Traffic;
}

export interface SmallWorld {
  /** How many instances there may be at once, in this second. */
  readonly capacity: number | ((second: number) => number);
  /** Whether the provider says how many more it has, or lets it be found out. */
  readonly says?: boolean;
  readonly policy: Policy;
  /** $/hour of what is offered; absent: nothing. */
  readonly price?: number;
  readonly manner?: (deployment: number) => Manner;
  /** From this second on nothing new can be had. */
  readonly fullFrom?: number;
  /** Whether a call may be made twice; absent: it may. */
  readonly dedupes?: boolean;
  /** Until this second things may happen: it is not over before. */
  readonly until?: number;
  /** What happens before the pass of this second. */
  readonly befalls?: (second: number, record: ServiceRecord) => Befalling;
  /** Seconds to the next pass; absent: one. */
  readonly pace?: (second: number) => number;
  /** Whether this pass has answers of probes: one that has just begun has none yet. Absent: it has. */
  readonly sees?: (second: number) => boolean;
  readonly watch?: (pass: WatchedPass) => void;
}

export interface Befalling {
  readonly record: ServiceRecord;
  /** Tokens of instances that are gone. */
  readonly gone?: readonly string[];
}

/** One pass: how many of the routed replicas answered well when it began, as it left them, and how many instances there are. */
export interface WatchedPass {
  readonly second: number;
  readonly record: ServiceRecord;
  readonly before: number;
  readonly after: number;
  readonly instances: number;
  readonly decision: Decision;
  /** The same pass once more, with nothing changed but what was recorded. */
  readonly again: () => Decision;
}

export interface Course {
  readonly record: ServiceRecord;
  readonly state: ServiceState;
  /** `start 2/1 at 0`, `drain 0/0 at 12` …: what was decided, in seconds. */
  readonly steps: readonly string[];
  readonly fewestServing: number;
  readonly mostInstances: number;
  readonly seconds: number;
}

/** `decide`, second by second, over a provider with so much room, until nothing happens any more or the time is over. */
export function follow(first: ServiceRecord, world: SmallWorld, longest = 7200): Course {
  const instances = new Map<string, { readonly replica: ReplicaRecord; readonly runningAt: number }>();
  for (const replica of first.replicas) instances.set(replica.token, { replica, runningAt: start - 3_600_000 });
  const steps: string[] = [];
  let outcomes = new Map<string, Outcome>();
  let record: ServiceRecord = first;
  let [fewestServing, mostInstances] = [Infinity, 0];
  for (let second = 0; ; second += world.pace?.(second) ?? 1) {
    const now = start + second * 1000;
    const happened = world.befalls?.(second, record) ?? { record };
    record = happened.record;
    for (const token of happened.gone ?? []) instances.delete(token);
    const capacity = typeof world.capacity === "number" ? world.capacity : world.capacity(second);
    const context = {
      observed: observedAt(second, capacity - instances.size, outcomes),
      policy: world.policy,
      now,
    };
    const decision = decide(record, context);
    const [before, after] = [answering(record, now), answering(decision.record ?? record, now)];
    outcomes = new Map();
    for (const { event, replica, deployment } of decision.notes)
      if (["provision", "ready", "drain", "terminate", "route", "verdict"].includes(event))
        steps.push(`${event}${replica === null ? "" : ` ${replica}/${deployment}`} at ${second}`);
    for (const { kind, replica } of decision.actions) {
      if (kind === "terminate") {
        instances.delete(replica.token);
        outcomes.set(replica.token, { kind: "terminating" });
      } else if (instances.has(replica.token)) continue;
      else if (instances.size >= capacity || second >= (world.fullFrom ?? Infinity))
        outcomes.set(replica.token, { kind: "refused", code: "no-capacity", retryable: true, message: "is full" });
      else instances.set(replica.token, { replica, runningAt: now + 1000 });
    }
    record = decision.record ?? { ...record, replicas: [] };
    fewestServing = Math.min(fewestServing, record.replicas.filter(isServing).length);
    mostInstances = Math.max(mostInstances, instances.size);
    const again = () => decide(record, { ...context, observed: { ...context.observed, outcomes } });
    world.watch?.({ second, record, before, after, instances: instances.size, decision, again });
    const over = decision.actions.length === 0 && ["settled", "failed", "unproven", "removed"].includes(decision.state);
    if ((over && second >= (world.until ?? 0)) || second >= longest)
      return { record, state: decision.state, steps, fewestServing, mostInstances, seconds: second };
  }

  /** Routed ones that pass their probes. */
  function answering({ replicas, deployments, run }: ServiceRecord, now: number): number {
    const routed = new Set(deployments.filter((deployment) => deployment.run === run).map(({ num }) => num));
    return replicas.filter((replica) => {
      const runningAt = instances.get(replica.token)?.runningAt;
      if (runningAt === undefined || !isServing(replica) || !routed.has(replica.deployment)) return false;
      return streak(replica, runningAt, now).failures === 0;
    }).length;
  }

  function observedAt(second: number, room: number, called: ReadonlyMap<string, Outcome>): Observed {
    const now = start + second * 1000;
    const there = record.replicas.filter((each) => isAlive(each) && each.deployment === record.current).length;
    const isMissing = record.target !== null && there < desiredReplicas(record);
    const each = { ...offer, price: world.price ?? offer.price };
    const offers: readonly Offer[] = world.says === false ? [each] : [{ ...each, headroom: room }];
    const isFull = room <= 0 && world.says !== false;
    return {
      instances: new Map(
        [...instances].map(([token, { replica, runningAt }]) => [token, seen(replica, runningAt, now)]),
      ),
      blind: new Map(),
      visibility: new Map([["local", 0]]),
      dedupes: new Map([["local", world.dedupes ?? true]]),
      probes: new Map(
        [...instances].map(([token, { replica, runningAt }]) => [
          token,
          world.sees?.(second) === false ? [] : [streak(replica, runningAt, now)],
        ]),
      ),
      drained: new Set(record.replicas.map(({ token }) => token)),
      unpublished: false,
      outcomes: called,
      load: null,
      traffic: new Map(
        [...instances].flatMap(([token, { replica }]) => {
          const traffic = mannerOf(replica).traffic;
          return traffic === undefined ? [] : [[token, traffic]];
        }),
      ),
      supply: isMissing
        ? { offers: isFull ? [] : offers, taken: isFull ? offers : [], refusal: null, lack: null, missingEnv: [] }
        : null,
    };
  }

  function mannerOf({ deployment, token }: ReplicaRecord): Manner {
    // One that was merely renumbered is what it was started as.
    const as = instances.get(token)?.replica.deployment ?? deployment;
    return world.manner?.(as) ?? {};
  }

  function streak(replica: ReplicaRecord, runningAt: number, now: number): ProbeStreak {
    const { readyAfter = 2, sickAfter = Infinity } = mannerOf(replica);
    const seconds = (now - runningAt) / 1000;
    return seconds >= readyAfter && seconds < sickAfter ? passing : failing(10);
  }

  function seen(replica: ReplicaRecord, runningAt: number, now: number): ObservedInstance {
    const { token, num, deployment, region, price } = replica;
    return {
      token,
      instance: token,
      stateId: "s",
      service: first.name,
      replica: num,
      deployment,
      region,
      price,
      status: now >= runningAt ? "running" : "provisioning",
      address: { kind: "tcp", host: "127.0.0.1", port: 1 },
      exitCode: null,
      startedAt: runningAt,
    };
  }
}
