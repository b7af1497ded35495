import type { MachineBackend } from "../../src/backends/backend.ts";
import type { GatewayStatus, Publisher } from "../../src/proxy-config/publisher.ts";
import { listening } from "../../src/reconciler/prober.ts";
import type { Probe } from "../../src/reconciler/world.ts";
import type { Lease } from "../../src/state/lease-record.ts";
import { memoryStore } from "../../src/state/memory.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { StateConflict } from "../../src/state/store.ts";
import type { Change, Snapshot, StateStore } from "../../src/state/store.ts";
import type { Actor, Answers, Heard } from "./happening.ts";
import { isUnreachable, isWell } from "./instance.ts";
import type { Stage } from "./stage.ts";

/** A run of the program, with what is seen of it from outside. */
export interface Process extends Actor {
  readonly decided: Map<string, ServiceRecord | null>;
  readonly leases: Map<string, Lease | null>;
  looked: boolean;
  heard: Heard | null;
  readonly probed: Map<string, Map<string, Answers>>;
  readonly reported: Set<string>;
  lookedAt: number;
  status: GatewayStatus | null;
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
    for (const { name, record, lease: written } of change.services) {
      const { lease: held = null } = change.basis.services.get(name) ?? {};
      const lease = { before: held, after: written === undefined ? held : written };
      if (written !== undefined && written?.handOver !== true) process.leases.set(name, written);
      if (record === undefined) continue;
      const before = change.basis.services.get(name)?.record ?? null;
      const strategy = record?.target?.strategy;
      if (strategy !== undefined && record?.target?.acceptance !== before?.target?.acceptance)
        stage.luck.count(`strategy ${strategy}`);
      if (record?.replicas.some(({ unlistedSince }) => unlistedSince !== undefined) === true)
        stage.luck.count("kept though not listed");
      if (record?.window?.idle !== undefined && before?.window?.idle === undefined) stage.luck.count("ended as idle");
      if (record?.verdict?.evidence.traffic !== undefined) stage.luck.count("turned down for its requests");
      history.wrote(name, { generation, record, lookedAt: process.lookedAt, writtenAt: clock.now() });
      process.decided.set(name, record);
      stage.happens({ kind: "committed", by: process, service: name, before, after: record, lease, state });
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
  const { cloud, clock, underWay, asked, called } = stage;
  return {
    ...cloud.backend,
    async list(owner, signal) {
      const begunAt = clock.now();
      try {
        const listed = await cloud.backend.list(owner, signal);
        process.lookedAt = begunAt;
        process.looked = true;
        if (cloud.liedAt() >= begunAt) process.blinded = true;
        return listed;
      } catch (error) {
        process.blinded = true;
        throw error;
      }
    },
    async provision(request, signal) {
      stage.happens({ kind: "provisions", by: process, request });
      called.add(request.token);
      // One that stopped between its thought and its call is late by more than anybody can allow for.
      if (!process.isWaking()) underWay.add(request.token);
      try {
        return await cloud.backend.provision(request, signal);
      } finally {
        underWay.delete(request.token);
      }
    },
    async terminate(owner, id, signal, fence) {
      const instance = cloud.instances.get(id);
      asked.add(id);
      if (instance !== undefined) stage.happens({ kind: "terminates", by: process, instance, fence });
      await cloud.backend.terminate(owner, id, signal, fence);
    },
  };
}

/** What the gateway answers is heard by one process, and remembered: what its passes do is judged by it. */
export function watchedPublisher({ clock, gateway }: Stage, process: Process): Publisher {
  return {
    ...gateway.publisher,
    async status(signal) {
      process.status = null;
      const status = await gateway.publisher.status(signal);
      process.status = status;
      if (status !== null) process.heard = { at: clock.now(), countedSince: status.countedSince ?? 0 };
      return status;
    },
  };
}

/** From one listing that shows nothing to the next, at most, in milliseconds. */
const lieLasts = 3_000;

/** One process's probes: of what flaps it never sees three failures in a row. */
export function probeOf(stage: Stage, process: Process): Probe {
  const { clock, cloud, random, luck } = stage;
  const failures = new Map<string, number>();
  return async (address, probe, _env, signal) => {
    await clock.sleep(10 + Math.floor(random() * 40), signal);
    const instance = cloud.byAddress(address);
    const gone = instance === undefined ? 0 : Math.min(instance.exitedAt, instance.vanishedAt, instance.terminatedAt);
    const answered = (ok: boolean): void => {
      if (instance === undefined) return;
      const known = process.probed.get(instance.token) ?? new Map<string, Answers>();
      const { wellAt, illAt } = known.get(probe.url) ?? { wellAt: -Infinity, illAt: -Infinity };
      known.set(probe.url, ok ? { wellAt: clock.now(), illAt } : { wellAt, illAt: clock.now() });
      process.probed.set(instance.token, known);
    };
    const isUp =
      instance !== undefined &&
      clock.now() >= instance.runningAt &&
      clock.now() < gone &&
      !isUnreachable(instance, clock.now());
    if (!isUp) answered(false);
    if (instance === undefined || !isUp) return { ok: false, status: null, error: "connection refused" };
    const key = `${instance.id} ${probe.url}`;
    const flaps = (instance.behaviour === "flaps" && !stage.isCalm() && random() < 0.1) || luck.strikes("flaps");
    const failed = failures.get(key) ?? 0;
    const chokes = clock.now() - cloud.liedAt() < lieLasts && luck.strikes("chokes");
    const ok = isWell(instance, clock.now()) && !(flaps && failed < 2) && !chokes;
    failures.set(key, ok ? 0 : failed + 1);
    // Of a service without probes any answer shows that it listens.
    answered(ok || probe.url === listening.url);
    return { ok, status: ok ? 200 : 503, error: null };
  };
}
