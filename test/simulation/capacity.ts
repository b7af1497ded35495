import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";
import type { Revision } from "./revision.ts";

/** How many instances there can be at a time, and whether the provider says how many of them are left: plain data. */
export interface Capacity {
  readonly instances: number;
  readonly told: boolean;
}

/** Mostly as many as anybody asks for; otherwise hardly more than some commit wants. */
export function drawCapacity(random: Random, commits: readonly (readonly Revision[])[]): Capacity | null {
  if (random() < 0.6) return null;
  const wanted = commits.map((files) =>
    files.reduce((sum, { replicas, scales }) => sum + replicas + (scales ? 2 : 0), 0),
  );
  const most = Math.max(1, random() < 0.4 ? Math.max(...wanted) : pick(random, wanted));
  return { instances: most + between(random, 0, random() < 0.5 ? 0 : 2), told: random() < 0.5 };
}
