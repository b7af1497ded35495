import type { Random } from "./random.ts";
import type { Fault, Trouble } from "./trouble.ts";

/** Decides what goes wrong now, and counts what did: a fault that never happens tests nothing. */
export interface Luck {
  /** Whether the fault happens at the call that is made now. */
  strikes(fault: Fault): boolean;
  /** Counts something that was made to happen otherwise. */
  count(happened: string): void;
  /** Troubles add up: of each fault the worst chance counts. */
  begin(trouble: Trouble, until: number): void;
  calmDown(): void;
  /** When the fault last happened; `-Infinity`: never. */
  lastAt(fault: Fault): number;
  readonly tally: ReadonlyMap<string, number>;
}

export function createLuck(clock: { now(): number }, random: Random): Luck {
  let troubles: readonly { readonly trouble: Trouble; readonly until: number }[] = [];
  const tally = new Map<string, number>();
  const struckAt = new Map<Fault, number>();
  const count = (happened: string): void => void tally.set(happened, (tally.get(happened) ?? 0) + 1);
  return {
    tally,
    count,
    strikes(fault) {
      if (troubles.length === 0) return false;
      troubles = troubles.filter(({ until }) => clock.now() < until);
      const chance = Math.max(0, ...troubles.map(({ trouble }) => trouble[fault] ?? 0));
      if (chance === 0 || random() >= chance) return false;
      count(fault);
      struckAt.set(fault, clock.now());
      return true;
    },
    lastAt: (fault) => struckAt.get(fault) ?? -Infinity,
    begin: (trouble, until) => void (troubles = [...troubles, { trouble, until }]),
    calmDown: () => void (troubles = []),
  };
}
