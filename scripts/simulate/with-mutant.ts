/** For `node --import`: the program is loaded with the mutant that the variable MUTANT names, in threads too. */

import { mutants } from "./mutants.ts";
import { mutate, repositoryRoot } from "./mutate.ts";

const name = process.env["MUTANT"];
const mutant = mutants.find(({ rule }) => rule === name);
if (mutant === undefined)
  throw new Error(`expected MUTANT to be a rule of the list of mutants, got ${name ?? "nothing"}`);
mutate(mutant, repositoryRoot);
