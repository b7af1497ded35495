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
