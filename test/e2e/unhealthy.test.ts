import { expect, it } from "vitest";

import { createDemo, shownBy } from "../support/demo.ts";

it.each([
  {
    what: "fails its probe",
    edit: { mode: "never-ready" },
    says: ["probe 0 /health: answered 503", "version 2 listens"],
  },
  { what: "exits at start", edit: { mode: "exits" }, says: ["exit code 3", "cannot go on"] },
  { what: "never listens", edit: { mode: "never-listens" }, says: ["probe 0 /health: connection"] },
] as const)("a revision that $what is taken back, quarantined, and superseded by the next", async ({ edit, says }) => {
  await using demo = await createDemo();
  await demo.edit({ version: "1" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const before = await shownBy(demo);

  await demo.edit({ version: "2", ...edit });
  const failed = await demo.run("apply", "-y");
  expect(failed.exitCode).toBe(1);
  for (const text of says) expect(failed.stderr).toContain(text);
  const after = await shownBy(demo);
  expect(after).toMatchObject({
    status: "running",
    deployment: 0,
    verdict: "unhealthy",
    quarantined: [{ deployment: 1 }],
  });
  expect(after?.replicas.map((replica) => replica.token)).toEqual(before?.replicas.map((replica) => replica.token));

  // The next tick leaves it alone.
  const ticked = await demo.run("tick", "--json");
  expect(ticked).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(ticked.stdout)).toMatchObject({
    event: "outcome",
    ok: true,
    planned: 0,
    services: [{ name: "demo", result: "held", verdict: "unhealthy" }],
  });
  expect((await shownBy(demo))?.replicas).toEqual(after?.replicas);

  await demo.edit({ version: "3" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  expect(await shownBy(demo)).toMatchObject({ status: "running", deployment: 2, verdict: null });
  expect(await demo.processes()).toHaveLength(2);
});

it("a first revision that is unhealthy leaves nothing running, and `retry` tries it again", async () => {
  await using demo = await createDemo();
  await demo.edit({ mode: "exits", replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 1 });
  expect(await demo.processes()).toHaveLength(0);
  const retried = await demo.run("retry", "demo", "-y");
  expect(retried.exitCode).toBe(1);
  expect(retried.stderr).toContain("exit code 3");
  expect(await demo.processes()).toHaveLength(0);
});
