import { type ServerDifference, serverDifferences, type ServersWorld } from "./differences.ts";
import { type ReadPair, verdictOfRevisions } from "./ours.ts";
import type { Verdict } from "./theirs.ts";

/**
 * The listed differences that it takes for our answer to be the server's: none where both say the same. `null`: with all
 * of them ours is another, also where without them it happens to be the same.
 */
export function explanation(pair: ReadPair, theirs: Verdict, world: ServersWorld): readonly string[] | null {
  const explains = (some: readonly ServerDifference[]): boolean =>
    sameVerdict(verdictOfRevisions(some.reduce((read, { asTheirs }) => asTheirs(read, world), pair)), theirs);
  if (!explains(serverDifferences)) return null;
  if (explains([])) return [];
  const needed = serverDifferences.reduce((kept, difference) => {
    const others = kept.filter((other) => other !== difference);
    return explains(others) ? others : kept;
  }, serverDifferences);
  return needed.map(({ name }) => name);
}

/** Whether two answers say the same: update or restart, and whether replicas are replaced. */
export function sameVerdict(one: Verdict, other: Verdict): boolean {
  return one.action === other.action && one.redeploys === other.redeploys;
}
