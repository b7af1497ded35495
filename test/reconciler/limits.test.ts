import { expect, it } from "vitest";

import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import { createCloud } from "../simulation/cloud.ts";
import { createGateway } from "../simulation/gateway.ts";
import { applyFiles, policy, tick } from "../simulation/program.ts";
import type { Program } from "../simulation/program.ts";
import { seeded } from "../simulation/random.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";

const start = Date.parse("2026-01-10T12:00:00Z");

function file(name: string): { readonly path: string; readonly text: string } {
  const text = `type: service\nname: ${name}\nauth: false\nport: 80\ncommands: [serve]\nprobes: [{type: http, url: /health, interval: 1s}]\n`;
  return { path: `${name}.dstack.yml`, text };
}

/** A provider whose instances cost $0.5/h each, and programs that share a state branch. */
function createStage() {
  const clock = createVirtualClock(start);
  const random = seeded(1);
  const cloud = createCloud(clock, random, { dedupes: true });
  const gateway = createGateway(clock, random, () => undefined);
  const branch = memoryBranch();
  const stage = {
    cloud,
    clock,
    mostAtOnce: 0,
    program(nonce: string, over: Partial<Program> = {}): Program {
      const store = memoryStore({ clock, branch, writer: nonce });
      const leaseOwner = { run: nonce, attempt: 1, nonce, host: "h", boot: "b", pid: 1, pidStart: nonce };
      return {
        world: {
          clock,
          store,
          leaseOwner,
          publisher: gateway.publisher,
          backends: new Map([["cloud", cloud.backend]]),
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
  const files = ["one", "two", "three", "four"].map(file);
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
