import { setTimeout as sleep } from "node:timers/promises";

import { expect, it } from "vitest";
import { z } from "zod";

import { createDemo, shownBy } from "../support/demo.ts";

const full = `backends: [{ type: local, max_replicas: 2 }]
policy:
  rollout: { startup: 20s, drain: 1s, bake: 1s }`;

it("on a full host each old replica makes room for a new one, as the plan says", async () => {
  await using demo = await createDemo({ settings: full });
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });

  await demo.edit({ version: "2" });
  const planned = await demo.run("plan");
  expect(planned.stdout).toContain("Action: rolling (stop-first)");
  expect(planned.stdout).toContain("local has no room for a second instance");
  expect(planned.stdout).toContain("capacity reduced meanwhile");
  const applied = await demo.run("apply", "-y", "--json");
  expect(applied.exitCode).toBe(0);
  const events = applied.stdout
    .trim()
    .split("\n")
    .map((line) => z.looseObject({ event: z.string() }).parse(JSON.parse(line)).event)
    .filter((event) => ["provision", "ready", "drain"].includes(event));
  expect(events).toEqual(["drain", "provision", "ready", "drain", "provision", "ready"]);
  const shown = await shownBy(demo);
  expect(shown).toMatchObject({ status: "running", deployment: 1, verdict: null });
  expect(await demo.processes()).toHaveLength(2);
});

it("a bad revision on a full host ends with what ran before", async () => {
  await using demo = await createDemo({ settings: full.replace("startup: 20s", "startup: 3s") });
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  await demo.edit({ version: "2", mode: "never-ready" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 1 });
  const shown = await shownBy(demo);
  expect(shown).toMatchObject({ status: "running", deployment: 0, verdict: "unhealthy" });
  expect(shown?.replicas.map(({ deployment, ready }) => [deployment, ready])).toEqual([
    [0, true],
    [0, true],
  ]);
});

it("a canary that fails requests goes back, though its probes pass, and never had more than its share of them", async () => {
  const settings = `policy:
  rollout:
    strategy: canary
    canary: { steps: [{ share: 25%, pause: 10m }], min_requests: 20 }
    drain: 1s`;
  await using demo = await createDemo({ settings });
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const gateway = demo.start("proxy", "serve");
  const answers: number[] = [];
  let rolling = true;
  const load = (async () => {
    while (rolling) {
      const answer = await fetch(demo.url).catch(() => null);
      await answer?.arrayBuffer();
      if (answer !== null) answers.push(answer.status);
      await sleep(10);
    }
  })();

  await demo.edit({ version: "2", mode: "fails-requests" });
  expect((await demo.run("plan")).stdout).toContain("canary (as the policy says): 25% of the requests for 600 s");
  const applied = await demo.run("apply", "-y");
  rolling = false;
  await load;
  expect(applied.exitCode).toBe(1);
  expect(applied.stderr).toMatch(/unhealthy: replica 2 of deployment 1 failed 100% of \d+ requests/);
  const failed = answers.filter((status) => status !== 200).length;
  expect(failed).toBeGreaterThanOrEqual(20);
  expect(failed / answers.length).toBeLessThan(0.3);
  expect(await shownBy(demo)).toMatchObject({ status: "running", deployment: 0, verdict: "unhealthy" });
  gateway.kill("SIGTERM");
  await gateway;
});
