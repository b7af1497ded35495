import type { Cut } from "./cuts.ts";
import { applyCuts, isLimited, uncut } from "./cuts.ts";
import type { Scenario } from "./scenario.ts";

/** Waits that are tried instead of longer ones, in milliseconds. */
const shorter = [0, 100, 1_000, 10_000] as const;

/**
 * Makes a scenario smaller, step by step, as long as it still breaks what it broke: without steps, without limits, with
 * shorter waits. Greedy and deterministic; `most` is how many scenarios are tried at most.
 */
export async function shrink(
  scenario: Scenario,
  stillBreaks: (scenario: Scenario) => Promise<boolean>,
  most = 500,
): Promise<readonly Cut[]> {
  let best = uncut(scenario);
  let tried = 0;
  for (let before: readonly Cut[] | null = null; before !== best;) {
    before = best;
    for (const smaller of [withoutStep, withoutLimit, withShorterWait])
      for (let place = best.length - 1; place >= 0; place -= 1)
        for (const candidate of smaller(best, place, scenario)) if (await isBetter(candidate)) break;
  }
  return best;

  async function isBetter(candidate: readonly Cut[]): Promise<boolean> {
    if (tried === most) return false;
    tried += 1;
    if (!(await stillBreaks(applyCuts(scenario, candidate)))) return false;
    best = candidate;
    return true;
  }
}

type Smaller = (cuts: readonly Cut[], place: number, scenario: Scenario) => readonly (readonly Cut[])[];

/** What follows happens when it did, or earlier. */
const withoutStep: Smaller = (cuts, place) => {
  const gone = cuts[place];
  const next = cuts[place + 1];
  if (gone === undefined || cuts.length === 1) return [];
  const earlier = cuts.toSpliced(place, 1);
  return next === undefined
    ? [earlier]
    : [cuts.toSpliced(place, 2, { ...next, after: next.after + gone.after }), earlier];
};

const withoutLimit: Smaller = (cuts, place, scenario) => {
  const cut = cuts[place];
  const step = cut === undefined ? undefined : scenario.steps[cut.index]?.step;
  if (cut === undefined || step === undefined || cut.unlimited || !isLimited(step)) return [];
  return [cuts.with(place, { ...cut, unlimited: true })];
};

const withShorterWait: Smaller = (cuts, place) => {
  const cut = cuts[place];
  if (cut === undefined) return [];
  return shorter.filter((after) => after < cut.after).map((after) => cuts.with(place, { ...cut, after }));
};
