import type { ReplicaRecord } from "../../state/record.ts";
import type { Context } from "./draft.ts";

export type Health = "well" | "failing" | "unknown";

/** By the answers that this process has had; being ready once is remembered, how it is now is not. */
export function healthOf(replica: ReplicaRecord, context: Context): Health {
  const streaks = context.observed.probes.get(replica.token) ?? [];
  if (streaks.some((streak) => streak.failures > 0)) return "failing";
  return streaks.length > 0 && streaks.every((streak) => streak.successes > 0) ? "well" : "unknown";
}

/** The longer it has been failing, the lower: one that failed once may serve again at once. */
function wellness(replica: ReplicaRecord, context: Context): number {
  if (healthOf(replica, context) === "well") return 1;
  return -Math.max(0, ...(context.observed.probes.get(replica.token) ?? []).map(({ failures }) => failures));
}

/** Stopping takes the least important first, then the highest number (facts §4.1). */
export function leastImportant(replicas: readonly ReplicaRecord[], context: Context): readonly ReplicaRecord[] {
  return [...replicas].sort(
    (a, b) => importance(a) - importance(b) || wellness(a, context) - wellness(b, context) || b.num - a.num,
  );
}

function importance(replica: ReplicaRecord): number {
  if (replica.status === "submitted") return 0;
  if (replica.status !== "running") return 1;
  return replica.readyAt === null ? 2 : 3;
}
