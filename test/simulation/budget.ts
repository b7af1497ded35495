import type { ServiceRecord } from "../../src/state/record.ts";
import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";
import type { Revision } from "./revision.ts";

/** What every instance of the simulated provider costs, in $/hour. */
export const price = 0.5;

/** Mostly no limit; otherwise hardly more than what some commit wants costs, in $/hour. */
export function drawHourly(random: Random, commits: readonly (readonly Revision[])[]): number | null {
  if (random() < 0.7 || commits.length === 0) return null;
  const wanted = pick(random, commits).reduce((sum, { replicas }) => sum + replicas, 0);
  return (Math.max(1, wanted) + between(random, 0, 2)) * price;
}

/** What a record's replicas cost, those that are asked for or leave included. */
export function costOf(record: ServiceRecord | null): number {
  const paid = (record?.replicas ?? []).filter(({ status }) => status !== "failed" && status !== "terminated");
  return paid.reduce((sum, replica) => sum + replica.price, 0);
}
