import { createInterface } from "node:readline";

import { expect, it } from "vitest";

import { createDemo, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";

/** Nothing to wait for: the kills are what these are about. */
const quick = `policy:
  rollout: { startup: 20s, drain: 5s, bake: 0s }`;

/** Kills `apply` when it has told of so many events; resolves with whether it was killed before its end. */
async function killAfter(demo: Demo, events: number): Promise<boolean> {
  const program = demo.start("apply", "-y", "--json");
  let seen = 0;
  createInterface({ input: program.stdout }).on("line", () => {
    seen += 1;
    if (seen === events) program.kill("SIGKILL");
  });
  const { signal } = await program;
  return signal === "SIGKILL";
}

it(
  "an apply that is killed anywhere is finished by the next: nothing left over, nothing doubled",
  { timeout: 300_000 },
  async () => {
    await using demo = await createDemo({ settings: quick });
    let killed = 0;
    for (let events = 1; events <= 9; events += 1) {
      await demo.edit({ version: String(events) });
      killed += Number(await killAfter(demo, events));
      const { exitCode, stderr } = await demo.run("apply", "-y");
      expect(exitCode, stderr).toBe(0);
      const shown = await shownBy(demo);
      expect(shown?.replicas.map((replica) => [replica.deployment, replica.status, replica.ready])).toEqual(
        [0, 1].map(() => [events - 1, "running", true]),
      );
      expect(await demo.processes()).toHaveLength(2);
    }
    expect(killed).toBeGreaterThanOrEqual(7);
  },
);

it("an apply that is killed at any time, events or not, is finished by a tick", { timeout: 300_000 }, async () => {
  await using demo = await createDemo({ settings: quick });
  await demo.edit({ version: "0" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  for (let round = 1; round <= 6; round += 1) {
    await demo.edit({ version: String(round) });
    const program = demo.start("apply", "-y", "-q");
    // From before the plan is made to the middle of the rollout.
    const timer = setTimeout(() => program.kill("SIGKILL"), 250 * round);
    await program;
    clearTimeout(timer);
    const { exitCode, stderr } = await demo.run("tick");
    expect(exitCode, stderr).toBe(0);
    const shown = await shownBy(demo);
    const current = shown?.deployment;
    expect(shown?.replicas.map((replica) => [replica.deployment, replica.status, replica.ready])).toEqual(
      [0, 1].map(() => [current, "running", true]),
    );
    expect(await demo.processes()).toHaveLength(2);
  }
});
