import type { Spent } from "./progress.ts";

/** What the branch remembers of services whose records are gone. */
export interface Gone {
  /** What they have cost in a month. Absent: nothing. */
  readonly spent?: Spent;
  /** The last of each name, latest last: what a provider still has of one that was born by then was given up with it. */
  readonly services: readonly Grave[];
}

export interface Grave {
  readonly name: string;
  /** Of the record that is gone. */
  readonly born: number;
}

/** So many names are remembered: instances of older ones are reported, and left alone. */
const mostGraves = 500;

/** The memory with one more service that is gone. */
export function buried(before: Gone | undefined, grave: Grave, cost: Spent | undefined): Gone {
  const spent = addSpent(before?.spent, cost);
  const others = (before?.services ?? []).filter(({ name }) => name !== grave.name);
  return { ...(spent === undefined ? {} : { spent }), services: [...others, grave].slice(-mostGraves) };
}

/** What two accounts come to together, in the later of their months: of an earlier one nothing counts any more. */
export function addSpent(one: Spent | undefined, other: Spent | undefined): Spent | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.month !== other.month) return one.month > other.month ? one : other;
  return { month: one.month, amount: rounded(one.amount + other.amount) };
}

/** To a millionth of a dollar, so that the branch stays readable. */
function rounded(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
