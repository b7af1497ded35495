import { applyCuts, cutsText } from "../../test/simulation/cuts.ts";
import type { Scenario } from "../../test/simulation/scenario.ts";
import { shrink } from "../../test/simulation/shrink.ts";
import type { SimulationResult } from "../../test/simulation/simulate.ts";
import { runSeed } from "./run-seed.ts";

export interface Smallest {
  readonly result: SimulationResult;
  /** Steps that the seed draws, and that are left. */
  readonly steps: { readonly drawn: number; readonly left: number };
  /** What to give to `--only`. */
  readonly only: string;
}

/** A failing seed's `drawn` scenario without what its breach does not need. */
export async function smallest(
  { seed, invariant }: Pick<SimulationResult, "seed" | "invariant">,
  { drawn, realGit }: { readonly drawn: Scenario; readonly realGit: boolean },
): Promise<Smallest> {
  const cuts = await shrink(
    drawn,
    async (scenario) => (await runSeed({ seed, realGit, scenario })).invariant === invariant,
    realGit ? 60 : 500,
  );
  const result = await runSeed({ seed, realGit, scenario: applyCuts(drawn, cuts) });
  return {
    result,
    steps: { drawn: drawn.steps.length, left: cuts.length },
    only: cutsText(drawn, cuts),
  };
}
