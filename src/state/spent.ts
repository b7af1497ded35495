import type { Spent } from "./progress.ts";

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
