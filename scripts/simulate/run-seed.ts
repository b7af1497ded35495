import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { git } from "../../src/git/git.ts";
import type { Scenario } from "../../test/simulation/scenario.ts";
import { simulate } from "../../test/simulation/simulate.ts";
import type { SimulationResult } from "../../test/simulation/simulate.ts";
import { inGit, inMemory } from "../../test/simulation/state-branch.ts";

export interface SeedRun {
  readonly seed: number;
  readonly realGit: boolean;
  /** Default: the one that the seed draws. */
  readonly scenario?: Scenario;
}

/** Runs one seed; a simulation that throws has broken something too. */
export async function runSeed({ seed, realGit, scenario }: SeedRun): Promise<SimulationResult> {
  const directory = realGit ? mkdtempSync(join(tmpdir(), "simulation-")) : null;
  try {
    if (directory === null) return await simulate(seed, scenario, inMemory);
    await git(["init", "--quiet", "--bare", "--template=", "."], { cwd: directory });
    return await simulate(seed, scenario, inGit(directory));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const broken = `the simulation threw: ${text}`;
    return { seed, broken, invariant: broken.split("\n", 1)[0] ?? broken, timeline: [], seconds: 0, faults: new Map() };
  } finally {
    if (directory !== null) rmSync(directory, { recursive: true, force: true });
  }
}
