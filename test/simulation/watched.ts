import type { MachineBackend } from "../../src/backends/backend.ts";
import type { GatewayStatus, Publisher } from "../../src/proxy-config/publisher.ts";
import type { Probe } from "../../src/reconciler/world.ts";
import { memoryStore } from "../../src/state/memory.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { StateConflict } from "../../src/state/store.ts";
import type { Change, Snapshot, StateStore } from "../../src/state/store.ts";
import type { Actor } from "./happening.ts";
import { isUnreachable, isWell } from "./instance.ts";
import type { Stage } from "./stage.ts";

/** A run of the program, with what is seen of it from outside. */
export interface Process extends Actor {
  readonly decided: Map<string, ServiceRecord | null>;
  readonly reported: Set<string>;
  lookedAt: number;
  heard: GatewayStatus | null;
  blinded: boolean;
}

/** Every write is told to whoever watches, also one whose answer was lost for good. */
export function watchedStore(stage: Stage, process: Process): StateStore {
  const { clock, branch, random, memory, history } = stage;
  const store = memoryStore({
    clock,
    branch: branch.open(),
    random,
    writer: process.nonce,
    ...(memory === undefined ? {} : { memory }),
  });
  return {
    ...store,
    async commit(change, signal) {
      try {
        const snapshot = await store.commit(change, signal);
        wrote(change, snapshot);
        return snapshot;
      } catch (error) {
        if (!(error instanceof StateConflict) && stage.scene.rewoundAt() === null) await lookFor(change);
        throw error;
      }
    },
  };

  function wrote(change: Change, state: Snapshot): void {
    const { generation } = state;
    stage.log(`${process.nonce} commit ${generation}: ${change.message}`);
    for (const { name, record } of change.services) {
      if (record === undefined) continue;
      const before = change.basis.services.get(name)?.record ?? null;
      const strategy = record?.target?.strategy;
      if (strategy !== undefined && record?.target?.acceptance !== before?.target?.acceptance)
        stage.luck.count(`strategy ${strategy}`);
      if (record?.verdict?.evidence.traffic !== undefined) stage.luck.count("turned down for its requests");
      history.wrote(name, { generation, record, lookedAt: process.lookedAt, writtenAt: clock.now() });
      process.decided.set(name, record);
      stage.happens({ kind: "committed", by: process, service: name, before, after: record, state });
    }
  }

  async function lookFor(change: Change): Promise<void> {
    const state = await stage.state();
    const landed = change.services.every(
      ({ name, record }) =>
        record === undefined || JSON.stringify(state.services.get(name)?.record ?? null) === JSON.stringify(record),
    );
    if (landed && change.services.some(({ record }) => record !== undefined)) wrote(change, state);
  }
}

/** Every call that changes something is told before it is made. */
export function watchedBackend(stage: Stage, process: Process): MachineBackend {
  const { cloud, clock } = stage;
  return {
    ...cloud.backend,
    async list(owner, signal) {
      const begunAt = clock.now();
      try {
        const listed = await cloud.backend.list(owner, signal);
        process.lookedAt = begunAt;
        if (cloud.liedAt() >= begunAt) process.blinded = true;
        return listed;
      } catch (error) {
        process.blinded = true;
        throw error;
      }
    },
    async provision(request, signal) {
      stage.happens({ kind: "provisions", by: process, request });
      return cloud.backend.provision(request, signal);
    },
    async terminate(owner, id, signal) {
      const instance = cloud.instances.get(id);
      if (instance !== undefined) stage.happens({ kind: "terminates", by: process, instance });
      await cloud.backend.terminate(owner, id, signal);
    },
  };
}

/** What the gateway says is remembered: what passes do is judged by it. */
export function watchedPublisher({ gateway }: Stage, process: Process): Publisher {
  return {
    ...gateway.publisher,
    async status(signal) {
      process.heard = null;
      const heard = await gateway.publisher.status(signal);
      process.heard = heard;
      return heard;
    },
  };
}

/** One process's probes: of what flaps it never sees three failures in a row. */
export function probeOf(stage: Stage): Probe {
  const { clock, cloud, random, luck } = stage;
  const failures = new Map<string, number>();
  return async (address, probe, _env, signal) => {
    await clock.sleep(10 + Math.floor(random() * 40), signal);
    const instance = cloud.byAddress(address);
    const gone = instance === undefined ? 0 : Math.min(instance.exitedAt, instance.vanishedAt, instance.terminatedAt);
    if (
      instance === undefined ||
      clock.now() < instance.runningAt ||
      clock.now() >= gone ||
      isUnreachable(instance, clock.now())
    )
      return { ok: false, status: null, error: "connection refused" };
    const key = `${instance.id} ${probe.url}`;
    const flaps = (instance.behaviour === "flaps" && !stage.isCalm() && random() < 0.1) || luck.strikes("flaps");
    const failed = failures.get(key) ?? 0;
    const ok = isWell(instance, clock.now()) && !(flaps && failed < 2);
    failures.set(key, ok ? 0 : failed + 1);
    return { ok, status: ok ? 200 : 503, error: null };
  };
}
