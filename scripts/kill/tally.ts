import type { Boundary } from "./crew.ts";
import type { StepName } from "./steps.ts";

/** What was hit of the boundaries of each command. */
export interface Tally {
  /** What there is, from a run that nothing happened to. */
  know(step: StepName, boundaries: readonly Boundary[]): void;
  /** How many boundaries are known. */
  known(step: StepName): number;
  /** Whether a boundary is among the first so many of its place. */
  isAmong(step: StepName, at: number, ofPlace: number): boolean;
  hit(step: StepName, boundary: Boundary): void;
  lines(): readonly string[];
}

interface Counts {
  readonly known: readonly Boundary[];
  readonly hit: Set<number>;
  readonly places: Set<string>;
  kills: number;
}

export function createTally(): Tally {
  const steps = new Map<StepName, Counts>();
  const countsOf = (step: StepName): Counts => {
    const counts = steps.get(step);
    if (counts === undefined) throw new Error(`nothing is known of ${step}`);
    return counts;
  };
  return {
    know: (step, known) => void steps.set(step, { known, hit: new Set(), places: new Set(), kills: 0 }),
    known: (step) => countsOf(step).known.length,
    isAmong(step, at, ofPlace) {
      const { known } = countsOf(step);
      const [boundary] = known.slice(at - 1, at);
      if (boundary === undefined) return true;
      return known.slice(0, at - 1).filter((each) => placeOf(each) === placeOf(boundary)).length < ofPlace;
    },
    hit(step, boundary) {
      const counts = countsOf(step);
      counts.hit.add(boundary.at);
      counts.places.add(placeOf(boundary));
      counts.kills += 1;
    },
    lines() {
      const all = [...steps.values()];
      const of = [...steps].map(([name, counts]) => line([counts], name));
      return [...of, line(all, "all commands")];
    },
  };
}

/** A place is an effect and the line of the program that has it. */
function placeOf({ effect, place }: Boundary): string {
  return `${effect} at ${place}`;
}

function line(all: readonly Counts[], name: string): string {
  const sum = (of: (counts: Counts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
  const places = new Set(all.flatMap((counts) => [...counts.places])).size;
  const known = new Set(all.flatMap((counts) => counts.known.map(placeOf))).size;
  return `boundaries: ${sum(({ hit }) => hit.size)} hit of ${sum((each) => each.known.length)} of ${name}, at ${places} of ${known} places, ${sum(({ kills }) => kills)} kills`;
}
