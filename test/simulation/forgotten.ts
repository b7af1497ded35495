import { isAlive } from "../../src/reconciler/decide/draft.ts";
import { partsOfToken } from "../../src/reconciler/orphans.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import type { Cloud } from "./cloud.ts";
import type { History } from "./history.ts";

/** What a branch without its newest commits is compared with. */
interface World {
  readonly cloud: Cloud;
  readonly history: History;
  readonly now: number;
}

/** Listings show by then what was done. */
const listedAfter = 5_000;

/**
 * Whether runs that remember nothing can tell from what runs that commits are missing after a generation: of every service
 * something runs that the branch does not know any more.
 */
export function tells(generation: number, { cloud, history, now }: World): boolean {
  const services = [...history.newest()];
  return (
    services.length > 0 &&
    services.every(([name, newest]) => isTold(newest, history.at(name, generation)?.record ?? null))
  );

  function isTold(newest: ServiceRecord | null, left: ServiceRecord | null): boolean {
    if (newest === null) return left === null;
    return newest.replicas.filter(isAlive).some(({ token }) => isNewer(token, left) && runs(token));
  }

  function runs(token: string): boolean {
    return cloud
      .withToken(token)
      .some(
        ({ createdAt, ...ends }) => createdAt + listedAfter < now && now < Math.min(ends.terminatedAt, ends.vanishedAt),
      );
  }
}

function isNewer(token: string, left: ServiceRecord | null): boolean {
  const parts = partsOfToken(token);
  if (parts === null || left === null) return left === null;
  return parts.born > left.born || (parts.born === left.born && parts.attempt > left.attempts);
}
