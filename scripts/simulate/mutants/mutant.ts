import type { Situation } from "../../../test/simulation/situations.ts";

/** A safety rule taken out of the program: small edits of its files. */
export interface Mutant {
  /** What the program does without the rule. */
  readonly rule: string;
  /** Several, where the rule is held in more than one place. */
  readonly edits: readonly Edit[];
  /** Where seeds as they are drawn seldom come to what the rule is about: what they are led into. */
  readonly situation?: Situation;
}

export interface Edit {
  readonly file: string;
  /** Found exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

type Line = readonly [rule: string, from: string, to: string, situation?: Situation];

/** Mutants of one file, each as its rule, the text that states it, what takes its place, and what seeds are led into. */
export function inFile(file: string, lines: readonly Line[]): readonly Mutant[] {
  return lines.map(([rule, from, to, situation]) => ({
    rule,
    edits: [{ file, from, to }],
    ...(situation === undefined ? {} : { situation }),
  }));
}
