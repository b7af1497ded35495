import { expect, it } from "vitest";

import type { MachineBackend } from "../../src/backends/backend.ts";
import type { Policy } from "../../src/config/settings.ts";
import type { World } from "../../src/reconciler/world.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import { createCloud } from "../simulation/cloud.ts";
import { createGateway } from "../simulation/gateway.ts";
import { isWell } from "../simulation/instance.ts";
import { createLuck } from "../simulation/luck.ts";
import { policy, runCommand } from "../simulation/program.ts";
import { seeded } from "../simulation/random.ts";
import { repositoryId } from "../simulation/repository.ts";
import type { Revision } from "../simulation/revision.ts";
import { createVirtualClock } from "../simulation/virtual-clock.ts";

const start = Date.parse("2026-01-10T12:00:00Z");

function file(service: string, replicas = 1): Revision {
  const usual = {
    number: 1,
    behaviour: "healthy",
    readyAfter: 1,
    stripPrefix: true,
    probes: 1,
    scales: false,
  } as const;
  return { ...usual, service, replicas, everyMinutes: null, maxDuration: null, secret: false, mayIdle: true };
}

/** What a run of the program is given. */
interface Running {
  readonly command: "apply" | "tick";
  readonly files?: readonly Revision[];
  readonly policy?: Policy;
  readonly attend?: number;
}

/** A provider whose instances cost $0.5/h each, and runs of the program that share a state branch. */
function createStage() {
  const clock = createVirtualClock(start);
  const random = seeded(1);
  const luck = createLuck(clock, random);
  const created = (): void => undefined;
  const cloud = createCloud({
    clock,
    random,
    luck,
    dedupes: true,
    poll: 400,
    capacity: null,
    repository: repositoryId,
    seed: 1,
    created,
  });
  const gateway = createGateway({
    clock,
    random,
    luck,
    services: [],
    fails: () => false,
    drags: () => false,
    changed: () => undefined,
  });
  const branch = memoryBranch();
  const listed: MachineBackend["list"] = async (owner, signal) =>
    stage.listsNothing ? [] : cloud.backend.list(owner, signal);
  const worldOf = (nonce: string): World => ({
    clock,
    store: memoryStore({ clock, branch, writer: nonce }),
    leaseOwner: { run: nonce, attempt: 1, nonce, host: "h", boot: "b", pid: 1, pidStart: nonce },
    publisher: gateway.publisher,
    backends: new Map([["cloud", { ...cloud.backend, list: listed }]]),
    async probe(address) {
      const instance = cloud.byAddress(address);
      const ok = instance !== undefined && isWell(instance, clock.now()) && !stage.failsProbes;
      return { ok, status: ok ? 200 : 503, error: null };
    },
    env: () => undefined,
    isAlive: async () => true,
    owner: { repository: repositoryId, project: "main" },
    emit: () => undefined,
  });
  const stage = {
    cloud,
    mostAtOnce: 0,
    listsNothing: false,
    failsProbes: false,
    state: () => memoryStore({ clock, branch, writer: "judge" }).load(),
    /** Runs the program under each of these names at once. */
    async run(names: readonly string[], { files = [], ...running }: Running): Promise<void> {
      let ended = false;
      const done = Promise.all(
        names.map((nonce) =>
          runCommand({
            ...running,
            service: "",
            commit: 1,
            files,
            byHand: true,
            world: worldOf(`${nonce}-${clock.now()}`),
            tell: () => undefined,
          }),
        ),
      ).finally(() => (ended = true));
      done.catch(() => undefined);
      await clock.runUntil(() => {
        stage.mostAtOnce = Math.max(stage.mostAtOnce, cloud.ours().length);
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
  await stage.run(["apply"], { command: "apply", files, attend: 0 });
  expect(stage.cloud.ours()).toEqual([]);
  const within = { ...policy, budget: { hourly: 1, monthly: null } };
  await stage.run(processes, { command: "tick", policy: within, attend: 60_000 });
  expect(stage.mostAtOnce).toBe(2);
  const { services } = await stage.state();
  const verdicts = [...services.values()].map(({ record }) => record?.verdict?.code ?? "none");
  expect(verdicts.toSorted()).toEqual(["none", "none", "over-budget", "over-budget"]);
});

it.each([
  { name: "in one process", processes: ["a"] },
  { name: "in two processes", processes: ["a", "b"] },
])("a provider that lists nothing any more does not have everything replaced, $name", async ({ processes }) => {
  const stage = createStage();
  const files = [file("one", 4), file("two", 3), file("three", 3)];
  await stage.run(["apply"], { command: "apply", files });
  const tickAll = (): Promise<void> => stage.run(processes, { command: "tick", attend: 60_000 });
  const { services: before } = await stage.state();
  stage.listsNothing = true;
  stage.failsProbes = true;
  await tickAll();
  const { services } = await stage.state();
  const records = [...services.values()].flatMap(({ record }) => record ?? []);
  expect(records.map(({ verdict }) => verdict?.code)).toEqual(["braked", "braked", "braked"]);
  // At most half of the ten were given up, once; the others are kept as they were.
  expect(stage.cloud.ours().length).toBeLessThanOrEqual(15);
  const were = [...before.values()].flatMap(({ record }) => record?.replicas ?? []);
  const are = new Map(records.flatMap(({ replicas }) => replicas).map((each) => [each.token, each]));
  const kept = were.filter(({ token }) => are.has(token));
  expect(kept.length).toBeGreaterThanOrEqual(5);
  expect(kept.map(({ token }) => are.get(token))).toEqual(kept);
  stage.listsNothing = false;
  stage.failsProbes = false;
  await tickAll();
  const { services: after } = await stage.state();
  expect([...after.values()].map(({ record }) => record?.verdict ?? null)).toEqual([null, null, null]);
  expect(stage.cloud.ours().filter(({ terminatedAt }) => terminatedAt === Infinity)).toHaveLength(10);
});

it("what answers its probes is not given up because a provider lists nothing, however few there are", async () => {
  const stage = createStage();
  const files = [file("one"), file("two", 2)];
  await stage.run(["apply"], { command: "apply", files, attend: 0 });
  const tick = (nonce: string): Promise<void> => stage.run([nonce], { command: "tick", attend: 60_000 });
  await tick("first");
  const { services: before, generation } = await stage.state();
  stage.listsNothing = true;
  await tick("second");
  await tick("third");
  const { services: doubted, generation: noted } = await stage.state();
  // It is written once, and by none who find it again.
  expect(noted).toBeLessThanOrEqual(generation + files.length * 2);
  for (const [name, { record }] of doubted) {
    const replicas = before.get(name)?.record?.replicas ?? [];
    const unlistedSince: unknown = expect.any(String);
    expect(record?.replicas).toEqual(replicas.map((each) => ({ ...each, unlistedSince })));
  }
  expect(stage.mostAtOnce).toBe(3);
  stage.listsNothing = false;
  await tick("fourth");
  const { services: after } = await stage.state();
  for (const [name, { record }] of after) expect(record?.replicas).toEqual(before.get(name)?.record?.replicas);
  expect(stage.cloud.ours().filter(({ terminatedAt }) => terminatedAt === Infinity)).toHaveLength(3);
});
