/** A thread that runs seeds with one mutant in the program, until one breaks something. */

import { parentPort } from "node:worker_threads";

import type { MutantAnswer, MutantTask } from "./mutant-task.ts";
import { mutate, repositoryRoot } from "./mutate.ts";

parentPort?.once("message", (task: MutantTask) => {
  run(task).catch((error: unknown) => {
    throw error;
  });
});

async function run({ mutant, seeds }: MutantTask): Promise<void> {
  mutate(mutant, repositoryRoot);
  // Loaded after the mutant is in.
  const { runSeed } = await import("./run-seed.ts");
  const { scenarioOf } = await import("../../test/simulation/situations.ts");
  for (const seed of seeds) {
    say({ kind: "begins", seed });
    const { broken } = await runSeed({ seed, realGit: false, scenario: scenarioOf(seed, mutant.situation) });
    if (broken !== null) return say({ kind: "caught", seed, broken });
    await new Promise((resolve) => setImmediate(resolve));
  }
  say({ kind: "survived" });
}

function say(answer: MutantAnswer): void {
  parentPort?.postMessage(answer);
}
