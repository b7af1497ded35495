import { readFileSync } from "node:fs";

import { healingMutants } from "./mutants/healing.ts";
import { idleMutants } from "./mutants/idle.ts";
import { limitMutants } from "./mutants/limits.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { observedMutants } from "./mutants/observed.ts";
import { paceMutants } from "./mutants/paces.ts";
import { rolloutMutants } from "./mutants/rollout.ts";
import { stateMutants } from "./mutants/state.ts";
import { strategyMutants } from "./mutants/strategies.ts";

/**
 * Every safety rule that the simulation must be seen to miss. To add one is to add a line to its list, with the situation
 * that it is about where seeds as they are drawn seldom come to it (`test/simulation/situations.ts`).
 */
export const mutants: readonly Mutant[] = [
  ...rolloutMutants,
  ...strategyMutants,
  ...healingMutants,
  ...idleMutants,
  ...paceMutants,
  ...limitMutants,
  ...observedMutants,
  ...stateMutants,
];

/** Mutants whose text is not in their file, or not only once: the list no longer says what the program does. */
export function outdated(list: readonly Mutant[], root: URL): readonly string[] {
  return list.flatMap(({ rule, edits }) =>
    edits.flatMap(({ file, from }) => {
      const count = readFileSync(new URL(file, root), "utf8").split(from).length - 1;
      return count === 1 ? [] : [`${rule}: expected the text once in ${file}, found it ${count} times: ${from}`];
    }),
  );
}
