/** A safety rule taken out of the program: a small edit of one of its files. */
export interface Mutant {
  /** What the program does without the rule. */
  readonly rule: string;
  readonly file: string;
  /** Found exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

/** Mutants of one file, each as its rule, the text that states it, and what takes its place. */
export function inFile(
  file: string,
  mutants: readonly (readonly [rule: string, from: string, to: string])[],
): readonly Mutant[] {
  return mutants.map(([rule, from, to]) => ({ rule, file, from, to }));
}
