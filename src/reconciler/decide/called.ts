import { toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Context } from "./draft.ts";

/**
 * The record in which a replica that was announced earlier, and had to wait for another to leave, is submitted when it is
 * called for: how long a start takes is counted from there. A call that is made again keeps the time of the first.
 */
export function withCallTimes(
  { before, after }: { readonly before: ServiceRecord; readonly after: ServiceRecord },
  actions: readonly { readonly kind: string; readonly replica: ReplicaRecord }[],
  context: Context,
): ServiceRecord {
  const announced = new Set(before.replicas.map((replica) => replica.token));
  const called = new Set(
    actions.flatMap(({ kind, replica: { token } }) =>
      kind === "provision" && announced.has(token) && !context.observed.outcomes.has(token) ? [token] : [],
    ),
  );
  if (called.size === 0) return after;
  const submittedAt = toTimestamp(context.now);
  const replicas = after.replicas.map((replica) => (called.has(replica.token) ? { ...replica, submittedAt } : replica));
  return { ...after, replicas };
}
