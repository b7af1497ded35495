import type { ObservedInstance, Offer } from "../../src/backends/backend.ts";
import type { Policy } from "../../src/config/settings.ts";
import { decide, type ServiceState } from "../../src/reconciler/decide.ts";
import { isServing } from "../../src/reconciler/decide/draft.ts";
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
  /** How many instances there may be at once. */
  readonly capacity: number;
  /** Whether the provider says how many more it has, or lets it be found out. */
  readonly says?: boolean;
  readonly policy: Policy;
  readonly manner?: (deployment: number) => Manner;
  /** From this second on nothing new can be had. */
  readonly fullFrom?: number;
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
  for (let second = 0; ; second += 1) {
    const now = start + second * 1000;
    const room = world.capacity - instances.size;
    const decision = decide(record, {
      observed: observedAt(now, room, outcomes),
      policy: world.policy,
      now,
    });
    outcomes = new Map();
    for (const { event, replica, deployment } of decision.notes)
      if (["provision", "ready", "drain", "terminate", "route", "verdict"].includes(event))
        steps.push(`${event}${replica === null ? "" : ` ${replica}/${deployment}`} at ${second}`);
    for (const { kind, replica } of decision.actions) {
      if (kind === "terminate") instances.delete(replica.token);
      else if (instances.size >= world.capacity || second >= (world.fullFrom ?? Infinity))
        outcomes.set(replica.token, { kind: "refused", code: "no-capacity", retryable: true, message: "is full" });
      else instances.set(replica.token, { replica, runningAt: now + 1000 });
    }
    record = decision.record ?? { ...record, replicas: [] };
    fewestServing = Math.min(fewestServing, record.replicas.filter(isServing).length);
    mostInstances = Math.max(mostInstances, instances.size);
    const over = decision.actions.length === 0 && ["settled", "failed", "unproven", "removed"].includes(decision.state);
    if (over || second >= longest)
      return { record, state: decision.state, steps, fewestServing, mostInstances, seconds: second };
  }

  function observedAt(now: number, room: number, called: ReadonlyMap<string, Outcome>): Observed {
    const offers: readonly Offer[] = world.says === false ? [offer] : [{ ...offer, headroom: room }];
    const isFull = room <= 0 && world.says !== false;
    return {
      instances: new Map(
        [...instances].map(([token, { replica, runningAt }]) => [token, seen(replica, runningAt, now)]),
      ),
      blind: new Map(),
      visibility: new Map([["local", 0]]),
      dedupes: new Map([["local", true]]),
      probes: new Map(
        [...instances].map(([token, { replica, runningAt }]) => [token, [streak(replica, runningAt, now)]]),
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
      supply: { offers: isFull ? [] : offers, taken: isFull ? offers : [], refusal: null, lack: null, missingEnv: [] },
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
