/** Takes each safety rule out of the program in turn, and shows that the simulation misses it. */

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { knownSeeds, rememberSeeds } from "./simulate/known-seeds.ts";
import { tryMutant } from "./simulate/mutant-task.ts";
import type { MutantOutcome } from "./simulate/mutant-task.ts";
import { mutants, outdated } from "./simulate/mutants.ts";
import type { Mutant } from "./simulate/mutants/mutant.ts";
import { repositoryRoot } from "./simulate/mutate.ts";
import { sideBySide } from "./simulate/side-by-side.ts";

const { values } = parseArgs({
  options: {
    /** How many seeds are tried besides the one that is known to miss the rule. */
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    /** Only rules, files and situations with this text. */
    only: { type: "string", default: "" },
    /** Without the seeds that are known. */
    afresh: { type: "boolean", default: false },
    /** Writes the seeds that missed their rules down, to be tried first from now on (`mutants/seeds.json`). */
    remember: { type: "boolean", default: false },
    threads: { type: "string", default: String(availableParallelism()) },
  },
});
const wrong = outdated(mutants, repositoryRoot);
for (const line of wrong) console.error(line);
const chosen = wrong.length > 0 ? [] : mutants.filter(isAsked);
const known = knownSeeds();
const [from, count] = [Number(values.from), Number(values.seeds)];
const found = new Map<string, number>();

for await (const [mutant, outcome] of sideBySide(chosen, Number(values.threads), (mutant) =>
  tryMutant({ mutant, seeds: seedsFor(mutant) }),
)) {
  if (outcome.kind === "caught") found.set(mutant.rule, outcome.seed);
  const files = [...new Set(mutant.edits.map(({ file }) => file.replace("src/", "")))].join(", ");
  console.log(`${mutant.rule}\n    ${files}: ${textOf(outcome, mutant)}`);
}
const missed = chosen.length - found.size;
console.log(`${found.size} caught, ${missed} not caught`);
if (values.remember) {
  const kept = [...known].filter(([rule]) => mutants.some((mutant) => mutant.rule === rule));
  rememberSeeds(new Map([...kept, ...found]));
}
process.exitCode = wrong.length > 0 || missed > 0 ? 1 : 0;

function isAsked({ rule, edits, situation }: Mutant): boolean {
  return [rule, situation ?? "", ...edits.map(({ file }) => file)].some((text) => text.includes(values.only));
}

/** The known one first; a seed that does not miss the rule any more is followed by the others. */
function seedsFor({ rule }: Mutant): readonly number[] {
  const first = values.afresh ? undefined : known.get(rule);
  const others = Array.from({ length: count }, (_, index) => from + index);
  return first === undefined ? others : [first, ...others.filter((seed) => seed !== first)];
}

function textOf(outcome: MutantOutcome, { situation }: Mutant): string {
  if (outcome.kind === "survived") return "NOT CAUGHT";
  const [breach = ""] = outcome.broken.split("\n", 1);
  const where = `seed ${outcome.seed}${situation === undefined ? "" : ` of ${situation}`}`;
  return `caught at ${where}: ${breach.length > 160 ? `${breach.slice(0, 160)}…` : breach}`;
}
