/** Takes each safety rule out of the program in turn, and shows that the simulation misses it. */

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { tryMutant } from "./simulate/mutant-task.ts";
import type { MutantOutcome } from "./simulate/mutant-task.ts";
import { mutants, outdated } from "./simulate/mutants.ts";
import { floor } from "./simulate/mutants/floor.ts";
import { repositoryRoot } from "./simulate/mutate.ts";
import { sideBySide } from "./simulate/side-by-side.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    /** Only rules and files with this text. */
    only: { type: "string", default: "" },
    /** Only the rules that are missed soon (`mutants/floor.ts`). */
    floor: { type: "boolean", default: false },
    threads: { type: "string", default: String(availableParallelism()) },
  },
});
const wrong = outdated(mutants, repositoryRoot);
for (const line of wrong) console.error(line);
const chosen =
  wrong.length > 0
    ? []
    : mutants.filter(
        ({ rule, file }) =>
          (rule.includes(values.only) || file.includes(values.only)) && (!values.floor || floor.includes(rule)),
      );
const task = { from: Number(values.from), count: Number(values.seeds) };
let missed = 0;

for await (const [mutant, outcome] of sideBySide(chosen, Number(values.threads), (mutant) =>
  tryMutant({ mutant, ...task }),
)) {
  if (outcome.kind === "survived") missed += 1;
  console.log(`${mutant.rule}\n    ${mutant.file.replace("src/", "")}: ${textOf(outcome)}`);
}
console.log(`${chosen.length - missed} caught, ${missed} not caught`);
process.exitCode = wrong.length > 0 || missed > 0 ? 1 : 0;

function textOf(outcome: MutantOutcome): string {
  if (outcome.kind === "survived") return "NOT CAUGHT";
  const [breach = ""] = outcome.broken.split("\n", 1);
  return `caught at seed ${outcome.seed}: ${breach.length > 160 ? `${breach.slice(0, 160)}…` : breach}`;
}
