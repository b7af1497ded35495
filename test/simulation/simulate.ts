import type { MachineBackend } from "../../src/backends/backend.ts";
import { isComplete } from "../../src/reconciler/decide/finish.ts";
import type { World } from "../../src/reconciler/world.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { LeaseOwner, ServiceRecord } from "../../src/state/record.ts";
import { createCloud } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { createGateway } from "./gateway.ts";
import { createLife, mortal } from "./mortal.ts";
import type { Life } from "./mortal.ts";
import { applyFiles, policy, tick } from "./program.ts";
import type { Program } from "./program.ts";
import { seeded } from "./random.ts";
import { drawScenario, serviceFile } from "./scenario.ts";
import type { Scenario, Step } from "./scenario.ts";
import { createTruth } from "./truth.ts";
import type { Truth } from "./truth.ts";
import { createVirtualClock } from "./virtual-clock.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface SimulationResult {
  readonly seed: number;
  /** What was broken first; `null`: nothing. */
  readonly broken: string | null;
  readonly timeline: readonly string[];
  /** Simulated seconds. */
  readonly seconds: number;
}

const start = 1_700_000_000_000;

/** Runs the whole program through one scenario on simulated time, and looks whether what must hold did. */
export async function simulate(seed: number): Promise<SimulationResult> {
  const random = seeded(seed);
  const stage = createStage(seed, drawScenario(random));
  await stage.play();
  return {
    seed,
    broken: stage.truth.broken() ?? (await stage.settledWrong()),
    timeline: stage.timeline,
    seconds: (stage.clock.now() - start) / 1000,
  };
}

interface Stage {
  readonly clock: VirtualClock;
  readonly truth: Truth;
  readonly timeline: string[];
  play(): Promise<void>;
  /** After the storm: what is not as it should be. */
  settledWrong(): Promise<string | null>;
}

function createStage(seed: number, scenario: Scenario): Stage {
  const clock = createVirtualClock(start);
  const random = seeded(seed ^ 0x5eed);
  const timeline: string[] = [];
  const log = (text: string): void =>
    void timeline.push(`${((clock.now() - start) / 1000).toFixed(2).padStart(8)}  ${text}`);
  const cloud: Cloud = createCloud(clock, random, { dedupes: scenario.dedupes });
  const gateway = createGateway(clock, random, (before, after) => truth.routesChange(before, after));
  const truth: Truth = createTruth(
    clock,
    () => cloud,
    gateway,
    // What was made without telling is known of only where calls can be repeated.
    scenario.dedupes ? scenario.hourly : null,
  );
  const branch = memoryBranch((operation) =>
    operation === "write" && random() < cloud.trouble.refuses ? (random() < 0.5 ? "lost-race" : "error-after") : null,
  );
  const lives = new Map<string, Life>();
  let processes = 0;

  return { clock, truth, timeline, play, settledWrong };

  async function play(): Promise<void> {
    for (const { after, step } of scenario.steps) {
      await clock.runUntil(() => truth.broken() !== null, clock.now() + after);
      if (truth.broken() !== null) return;
      perform(step);
    }
    await clock.runUntil(() => truth.broken() !== null, clock.now() + 60_000);
    // The storm is over: nothing fails any more, and ticks come as they are scheduled.
    Object.assign(cloud.trouble, { refuses: 0, forgets: 0, blinds: 0, lacks: 0 });
    for (let round = 0; round < 8 && truth.broken() === null; round += 1) {
      launch("tick", Infinity, (program) => tick(program));
      await clock.runUntil(() => truth.broken() !== null, clock.now() + 300_000);
    }
  }

  function perform(step: Step): void {
    log(`--- ${JSON.stringify(step)}`);
    switch (step.kind) {
      case "apply":
        return launch("apply", step.effects, async (program) => {
          const applied = step.revision;
          const outcome = await applyFiles(
            applied === null ? [] : [{ path: ".dstack.yml", text: serviceFile(applied) }],
            program,
          );
          return outcome;
        });
      case "tick":
        return launch("tick", step.effects, (program) => tick(program));
      case "instance-dies": {
        const [victim] = cloud.alive().filter((instance) => clock.now() < instance.exitedAt);
        if (victim !== undefined) victim.exitedAt = clock.now();
        return;
      }
      case "trouble": {
        Object.assign(cloud.trouble, { refuses: 0.2, forgets: 0.2, blinds: 0.2, lacks: 0.2 });
        clock.at(clock.now() + step.seconds * 1000, () =>
          Object.assign(cloud.trouble, { refuses: 0, forgets: 0, blinds: 0, lacks: 0 }),
        );
      }
    }
  }

  function launch(what: string, effects: number, body: (program: Program) => Promise<unknown>): void {
    processes += 1;
    const nonce = `p${processes}`;
    const life = createLife(effects, random);
    lives.set(nonce, life);
    const program: Program = {
      world: mortal(worldFor(nonce), life),
      signal: new AbortController().signal,
      attend: 240_000,
      policy: { ...policy, budget: { hourly: scenario.hourly, monthly: null } },
    };
    log(`${nonce} ${what} begins`);
    body(program).then(
      (outcome) => {
        log(`${nonce} ${what} ends ${JSON.stringify(outcome, ["name", "state", "error", "message"])}`);
        life.kill();
      },
      (error: unknown) => {
        log(`${nonce} ${what} fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        life.kill();
      },
    );
  }

  function worldFor(nonce: string): World {
    const leaseOwner: LeaseOwner = {
      run: nonce,
      attempt: 1,
      nonce,
      host: "h",
      boot: "b",
      pid: processes,
      pidStart: nonce,
    };
    const store = memoryStore({ clock, branch, random, writer: nonce });
    return {
      clock,
      store: {
        ...store,
        async commit(change, signal) {
          const snapshot = await store.commit(change, signal);
          truth.committed(snapshot.generation);
          log(`${nonce} commit ${snapshot.generation}: ${change.message}`);
          for (const { record } of change.services) if (record !== undefined) noteAccepted(record);
          return snapshot;
        },
      },
      backends: new Map([["cloud", watched(cloud.backend)]]),
      publisher: gateway.publisher,
      async probe(address, _probe, _env, signal) {
        await clock.sleep(10 + Math.floor(random() * 40), signal);
        const instance = cloud.byAddress(address);
        if (
          instance === undefined ||
          clock.now() < instance.runningAt ||
          clock.now() >= Math.min(instance.exitedAt, instance.terminatedAt)
        )
          return { ok: false, status: null, error: "connection refused" };
        const ok = cloud.isHealthy(instance);
        return { ok, status: ok ? 200 : 503, error: null };
      },
      env: () => undefined,
      leaseOwner,
      isAlive: async (owner) => lives.get(owner.nonce)?.isAlive() ?? "unknown",
      owner: { repository: "r", project: "main" },
      emit: (event) =>
        log(`${nonce} ${event.event} ${event.replica ?? "-"}/${event.deployment ?? "-"} ${event.detail}`),
    };
  }

  function noteAccepted(record: ServiceRecord | null): void {
    if (record === null || record.target === null) return truth.accepted(null);
    const wanted = record.deployments.find((deployment) => deployment.num === record.current)?.spec.replicas.min ?? 0;
    truth.accepted(wanted);
  }

  function watched(backend: MachineBackend): MachineBackend {
    return {
      ...backend,
      async provision(request, signal) {
        const before = new Set(cloud.instances.keys());
        try {
          return await backend.provision(request, signal);
        } finally {
          for (const [id, instance] of cloud.instances) if (!before.has(id)) truth.provisioned(instance);
        }
      },
      async terminate(owner, id, signal) {
        const instance = cloud.instances.get(id);
        if (instance !== undefined) truth.terminated(instance);
        await backend.terminate(owner, id, signal);
      },
    };
  }

  async function settledWrong(): Promise<string | null> {
    const state = await memoryStore({ clock, branch, writer: "judge" }).load();
    const record = state.services.get("web")?.record ?? null;
    const alive = cloud.alive();
    const tokens = alive.map((instance) => instance.token).sort();
    if (record === null) {
      if (alive.length > 0) return `leaked: ${tokens.join(", ")} run though nothing is recorded`;
      return null;
    }
    const recorded = record.replicas
      .filter((replica) => replica.status !== "failed")
      .map((replica) => replica.token)
      .sort();
    if (tokens.join() !== recorded.join()) return `recorded are ${recorded.join(", ")}, and ${tokens.join(", ")} run`;
    const quarantined = record.quarantined.some((entry) => entry.deployment === record.current);
    const sick = cloud.alive().some((instance) => instance.behaviour !== "healthy" && instance.behaviour !== "slow");
    const waits = record.verdict?.code === "over-budget";
    if (!isComplete(record) && !waits && !quarantined && !sick && lastIsGood(record))
      return `not settled: ${JSON.stringify(record.replicas.map(({ num, deployment, status }) => [num, deployment, status]))}`;
    if (record.target === null) return "an accepted removal was not carried out";
    return null;
  }

  /** Whether what passes work towards can run at all. */
  function lastIsGood(record: ServiceRecord): boolean {
    const behaviour = record.deployments.find((deployment) => deployment.num === record.current)?.spec.env["BEHAVIOUR"];
    return behaviour === "healthy" || behaviour === "slow";
  }
}
