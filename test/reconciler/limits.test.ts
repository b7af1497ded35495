import { expect, it } from "vitest";

import type { MachineBackend } from "../../src/backends/backend.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import { createCloud } from "../simulation/cloud.ts";
import { createGateway } from "../simulation/gateway.ts";
import { applyFiles, policy, tick } from "../simulation/program.ts";
import type { Program } from "../simulation/program.ts";
import { seeded } from "../simulation/random.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";

const start = Date.parse("2026-01-10T12:00:00Z");

function file(name: string, replicas = 1): { readonly path: string; readonly text: string } {
  const text = `type: service\nname: ${name}\nauth: false\nreplicas: ${replicas}\nport: 80\ncommands: [serve]\nprobes: [{type: http, url: /health, interval: 1s}]\n`;
  return { path: `${name}.dstack.yml`, text };
}

/** A provider whose instances cost $0.5/h each, and programs that share a state branch. */
function createStage() {
  const clock = createVirtualClock(start);
  const random = seeded(1);
  const cloud = createCloud(clock, random, { dedupes: true });
  const gateway = createGateway(clock, random, () => undefined);
  const branch = memoryBranch();
  const listed: MachineBackend["list"] = async (owner, signal) =>
    stage.listsNothing ? [] : cloud.backend.list(owner, signal);
  const stage = {
    cloud,
    clock,
    mostAtOnce: 0,
    listsNothing: false,
    program(nonce: string, over: Partial<Program> = {}): Program {
      const store = memoryStore({ clock, branch, writer: nonce });
      const leaseOwner = { run: nonce, attempt: 1, nonce, host: "h", boot: "b", pid: 1, pidStart: nonce };
      return {
        world: {
          clock,
          store,
          leaseOwner,
          publisher: gateway.publisher,
          backends: new Map([["cloud", { ...cloud.backend, list: listed }]]),
          async probe(address) {
            const instance = cloud.byAddress(address);
            const ok = instance !== undefined && cloud.isHealthy(instance);
            return { ok, status: ok ? 200 : 503, error: null };
          },
          env: () => undefined,
          isAlive: async () => true,
          owner: { repository: "r", project: "main" },
          emit: () => undefined,
        },
        signal: new AbortController().signal,
        attend: 60_000,
        ...over,
      };
    },
    async until(done: Promise<unknown>): Promise<void> {
      let ended = false;
      const end = (): void => void (ended = true);
      done.then(end, end);
      await clock.runUntil(() => {
        stage.mostAtOnce = Math.max(stage.mostAtOnce, cloud.alive().length);
        return ended;
      }, Infinity);
      await done;
    },
  };
  return stage;
}

it.each([
  { name: "in one process", processes: ["a"] },
  { name: "in two processes", processes: ["a", "b"] },
])("services that decide at once never go over the project's budget together, $name", async ({ processes }) => {
  const stage = createStage();
  const files = ["one", "two", "three", "four"].map((name) => file(name));
  // Accepted while nothing was limited, and left to ticks.
  await stage.until(applyFiles(files, stage.program("apply", { attend: 0 })));
  expect(stage.cloud.alive()).toEqual([]);
  const within = { ...policy, budget: { hourly: 1, monthly: null } };
  await stage.until(Promise.all(processes.map((nonce) => tick(stage.program(nonce, { policy: within })))));
  expect(stage.mostAtOnce).toBe(2);
  const { services } = await stage.program("judge").world.store.load();
  const verdicts = [...services.values()].map(({ record }) => record?.verdict?.code ?? "none");
  expect(verdicts.toSorted()).toEqual(["none", "none", "over-budget", "over-budget"]);
});

it.each([
  { name: "in one process", processes: ["a"] },
  { name: "in two processes", processes: ["a", "b"] },
])("a provider that lists nothing any more does not have everything replaced, $name", async ({ processes }) => {
  const stage = createStage();
  const files = [file("one", 4), file("two", 3), file("three", 3)];
  await stage.until(applyFiles(files, stage.program("apply")));
  const tickAll = (): Promise<void> =>
    stage.until(Promise.all(processes.map((nonce) => tick(stage.program(`${nonce}-${stage.clock.now()}`)))));
  const { services: before } = await stage.program("before").world.store.load();
  stage.listsNothing = true;
  await tickAll();
  const { services } = await stage.program("judge").world.store.load();
  const records = [...services.values()].flatMap(({ record }) => record ?? []);
  expect(records.map(({ verdict }) => verdict?.code)).toEqual(["braked", "braked", "braked"]);
  // At most half of the ten were given up, once; services that gave up nothing keep all that they have.
  expect(stage.cloud.instances.size).toBeLessThanOrEqual(15);
  const kept = records.filter(({ brake }) => brake?.givenUp.length === 0);
  expect(kept.length).toBeGreaterThanOrEqual(2);
  for (const { name, replicas } of kept) expect(replicas).toEqual(before.get(name)?.record?.replicas);
  stage.listsNothing = false;
  await tickAll();
  const { services: after } = await stage.program("end").world.store.load();
  expect([...after.values()].map(({ record }) => record?.verdict ?? null)).toEqual([null, null, null]);
  const left = [...stage.cloud.instances.values()].filter(({ terminatedAt }) => terminatedAt === Infinity);
  expect(left).toHaveLength(10);
});
