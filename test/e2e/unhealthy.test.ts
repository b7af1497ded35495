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

it("what serves takes the place of a revision that was taken back, when the file says so again", async () => {
  await using demo = await createDemo();
  await demo.edit({ version: "1", replicas: 1 });
  await demo.run("apply", "-y");
  const before = await shownBy(demo);
  await demo.edit({ version: "2", mode: "exits", replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 1 });
  await demo.edit({ version: "1", replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const after = await shownBy(demo);
  expect(after).toMatchObject({ verdict: null, deployment: 2 });
  expect(after?.replicas.map((replica) => replica.token)).toEqual(before?.replicas.map((replica) => replica.token));
});

it("a first revision that was unhealthy is tried again by a person who applies it again", async () => {
  await using demo = await createDemo();
  await demo.edit({ mode: "exits", replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 1 });
  const again = await demo.run("apply", "-y");
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain("deployment 0 -> 1");
  // A workflow that runs again on the same files leaves it alone.
  expect(await demo.run("apply", "-y", { GITHUB_ACTIONS: "true" })).toMatchObject({ exitCode: 0 });
});
