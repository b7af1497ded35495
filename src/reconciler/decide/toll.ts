import { fromTimestamp } from "../../lib/timestamp.ts";
import type { Brake } from "../../state/progress.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";

/** What counts towards the brake: replicas that run, that are there or are to be again, and that were given up within the hour. */
export interface Toll {
  readonly running: number;
  readonly wanted: number;
  readonly givenUp: number;
}

/** How long what was given up counts, and how long anything is held back, in milliseconds. */
export const hour = 3_600_000;

/** The toll of one service. */
export function tollOf({ replicas, brake }: ServiceRecord, now: number): Toll {
  return {
    running: replicas.filter(({ status }) => status === "running").length,
    wanted: replicas.filter(isWanted).length,
    givenUp: givenUpSince(brake, now - hour).reduce((sum, { count }) => sum + count, 0),
  };
}

/** There, or to be again: a failed one is tried again, and one that ends for its own fault is replaced. */
function isWanted({ status, error }: ReplicaRecord): boolean {
  return status !== "terminated" && (status !== "terminating" || error !== null);
}

/** Entries that still count. */
export function givenUpSince(brake: Brake | undefined, since: number): Brake["givenUp"] {
  return (brake?.givenUp ?? []).filter(({ at }) => fromTimestamp(at) > since);
}
