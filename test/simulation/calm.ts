import { jobOf } from "../../src/config/job.ts";
import { parseServices } from "../../src/config/services.ts";
import type { Policy } from "../../src/config/settings.ts";
import type { Publication } from "../../src/proxy-config/publisher.ts";
import { routesOf } from "../../src/proxy-config/routes.ts";
import { acceptPlan } from "../../src/reconciler/accept-plan.ts";
import type { Event } from "../../src/reconciler/event.ts";
import { assumedWrite } from "../../src/reconciler/expected-times.ts";
import type { PlannedService } from "../../src/reconciler/plan-document.ts";
import { makePlan } from "../../src/reconciler/plan.ts";
import type { TimelineEvent } from "../../src/reconciler/rehearsal.ts";
import { openSession } from "../../src/reconciler/session.ts";
import { settle } from "../../src/reconciler/settle.ts";
import type { Settled } from "../../src/reconciler/settle.ts";
import { supplyFor } from "../../src/reconciler/supply.ts";
import type { World } from "../../src/reconciler/world.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { createCalmCloud } from "./calm-cloud.ts";
import type { CalmTimes } from "./calm-cloud.ts";
import { settings } from "./program.ts";
import { createVirtualClock } from "./virtual-clock.ts";

export interface CalmSetting {
  readonly backend: string;
  readonly times: CalmTimes;
  readonly dedupes: boolean;
  /** How many instances there can be. */
  readonly capacity: number;
  readonly policy: Policy;
}

/** What a plan said, and what became of it. */
export interface Carried {
  readonly planned: PlannedService;
  readonly timeline: readonly TimelineEvent[];
  readonly outcome: Settled | undefined;
  readonly record: ServiceRecord | null;
}

/** The whole program on simulated time, in a world without faults: each `apply` is a process of its own. */
export function createCalmStage(setting: CalmSetting): {
  /** `apply` of a repository with this service file; `null`: the file is gone. */
  apply(text: string | null): Promise<Carried>;
} {
  const { policy } = setting;
  const clock = createVirtualClock(1_700_000_000_000);
  const cloud = createCalmCloud(clock, { name: setting.backend, ...setting });
  const branch = memoryBranch();
  let published: Publication | null = null;
  let processes = 0;
  return {
    async apply(text) {
      const carrying = carry(text);
      let done = false;
      const finished = carrying.finally(() => (done = true));
      finished.catch(() => undefined);
      await clock.runUntil(() => done, clock.now() + 24 * 3_600_000);
      return carrying;
    },
  };

  async function carry(text: string | null): Promise<Carried> {
    const { signal } = new AbortController();
    const events: Event[] = [];
    const world = worldOf((event) => events.push(event));
    const files = text === null ? [] : [{ path: ".dstack.yml", bytes: new TextEncoder().encode(text) }];
    const { services, diagnostics } = parseServices(files);
    if (diagnostics.some(({ severity }) => severity === "error")) throw new Error(JSON.stringify(diagnostics));
    const snapshot = await world.store.load();
    const supplies = services.map(
      async ({ spec }) => [spec.name, await supplyFor(world, spec, jobOf(spec, []), signal)] as const,
    );
    const plan = makePlan({
      desired: services.map((source) => ({ source, contents: [], repos: [] })),
      removed: services.length === 0 ? [...snapshot.services.keys()] : [],
      snapshot,
      supply: new Map(await Promise.all(supplies)),
      providers: world.backends,
      policy,
      tokens: false,
      ref: null,
      profile: null,
      commit: null,
      byHand: true,
      now: clock.now(),
      diagnostics: [],
    });
    const [planned] = plan.services;
    if (planned === undefined) throw new Error("nothing was planned");
    const { snapshot: accepted } = await acceptPlan(plan.services, snapshot, {
      store: world.store,
      leaseOwner: world.leaseOwner,
      acceptance: { by: "calm", planId: plan.id, now: clock.now(), generation: snapshot.generation },
      signal,
    });
    const begun = clock.now();
    const session = openSession({
      world,
      policy,
      stateId: accepted.stateId,
      routesOf: (state) => routesOf(state, settings),
      leasePolicy: { ttl: 24 * 3_600_000, skew: 1_000, reload: 5_000 },
    });
    const [outcome] = await settle(["web"], accepted, session, {
      signal,
      abort: signal,
      deadline: begun + 90 * 60_000,
      waitForLease: 1_000,
    });
    const { services: stored } = await world.store.load();
    return {
      planned,
      timeline: events.map((event) => happened(event, begun)),
      outcome,
      record: stored.get("web")?.record ?? null,
    };
  }

  function worldOf(emit: (event: Event) => void): World {
    processes += 1;
    cloud.begin();
    const nonce = `p${processes}`;
    const store = memoryStore({ clock, branch, writer: nonce });
    return {
      clock,
      store: {
        ...store,
        async commit(change, signal) {
          const written = await store.commit(change, signal);
          if (change.by === undefined) await clock.sleep(assumedWrite);
          return written;
        },
      },
      backends: new Map([[cloud.backend.name, cloud.backend]]),
      publisher: {
        async publish(publication) {
          published = publication;
          return { acknowledged: true };
        },
        status: async () => ({ generation: published?.generation ?? 0, inFlight: {} }),
      },
      async probe(address, _probe, _env, signal) {
        await clock.sleep(cloud.answersAt(address) - clock.now(), signal);
        return { ok: true, status: 200, error: null };
      },
      env: () => undefined,
      leaseOwner: { run: nonce, attempt: 1, nonce, host: "h", boot: "b", pid: processes, pidStart: nonce },
      isAlive: async () => false,
      owner: { repository: "r", project: "main" },
      emit,
    };
  }
}

function happened({ time, event, replica, deployment, detail }: Event, begun: number): TimelineEvent {
  return { event, replica, deployment, detail, at: Math.round((Date.parse(time) - begun) / 100) / 10 };
}
