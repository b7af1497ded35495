import { Worker } from "node:worker_threads";

import type { Mutant } from "./mutants/mutant.ts";

export interface MutantTask {
  readonly mutant: Mutant;
  /** In the order in which they are run, until one catches the mutant. */
  readonly seeds: readonly number[];
}

export type MutantAnswer =
  | { readonly kind: "begins"; readonly seed: number }
  | { readonly kind: "caught"; readonly seed: number; readonly broken: string }
  | { readonly kind: "survived" };

export type MutantOutcome = Exclude<MutantAnswer, { readonly kind: "begins" }>;

/** A seed of the program as it is takes well under a second of a processor. */
const longestSeed = 30_000;

/** Runs one mutant in a thread of its own. A seed that never ends and a program that falls over are noticed too. */
export async function tryMutant(task: MutantTask): Promise<MutantOutcome> {
  const worker = new Worker(new URL("mutant-worker.ts", import.meta.url));
  try {
    return await outcomeOf(task, worker);
  } finally {
    await worker.terminate();
  }
}

function outcomeOf(task: MutantTask, worker: Worker): Promise<MutantOutcome> {
  let seed = task.seeds[0] ?? 0;
  return new Promise((resolve) => {
    const caught = (broken: string): void => resolve({ kind: "caught", seed, broken });
    const watch = setTimeout(() => caught("the simulation does not end"), longestSeed);
    worker.on("message", (answer: MutantAnswer) => {
      watch.refresh();
      if (answer.kind === "begins") ({ seed } = answer);
      else resolve(answer);
    });
    worker.on("error", (error) => caught(`the simulation threw: ${error instanceof Error ? error.message : "?"}`));
    worker.on("exit", () => clearTimeout(watch));
    worker.postMessage(task);
  });
}
