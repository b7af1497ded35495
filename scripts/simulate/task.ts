import type { SimulationResult } from "../../test/simulation/simulate.ts";
import type { Situation } from "../../test/simulation/situations.ts";

/** Seeds that one thread runs, one after the other. */
export interface SeedsTask {
  readonly from: number;
  readonly count: number;
  /** The state branch is one of a real git repository. */
  readonly realGit: boolean;
  /** With the timelines of those that broke nothing too. */
  readonly verbose: boolean;
  readonly situation: Situation | null;
}

export type SeedResult = Pick<SimulationResult, "seed" | "broken" | "invariant" | "timeline" | "seconds">;

/** Cut into tasks of so many seeds at most, which threads share evenly. */
export function tasksOf(task: SeedsTask, most: number): readonly SeedsTask[] {
  return Array.from({ length: Math.ceil(task.count / most) }, (_, index) => {
    const from = task.from + index * most;
    return { ...task, from, count: Math.min(most, task.from + task.count - from) };
  });
}
