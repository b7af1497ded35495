/** A thread that runs the seeds of each task that it is sent. */

import { parentPort } from "node:worker_threads";

import { scenarioOf } from "../../test/simulation/situations.ts";
import { runSeed } from "./run-seed.ts";
import type { SeedResult, SeedsTask } from "./task.ts";

parentPort?.on("message", (task: SeedsTask) => {
  answer(task).then(
    (results) => parentPort?.postMessage(results),
    (error: unknown) => {
      throw error;
    },
  );
});

async function answer({ from, count, realGit, verbose, situation }: SeedsTask): Promise<readonly SeedResult[]> {
  const results: SeedResult[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const scenario = scenarioOf(seed, situation ?? undefined);
    const { broken, invariant, timeline, seconds } = await runSeed({ seed, realGit, scenario });
    results.push({ seed, broken, invariant, timeline: verbose || broken !== null ? timeline : [], seconds });
    // Timers and whatever else waits for the event loop get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return results;
}
