import { isAlive, retire } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";

/** The service's removal was accepted: everything it still has leaves. */
export function remove(draft: Draft, context: Context): Draft {
  const gone = draft.record.replicas.filter((replica) => replica.status !== "failed");
  const cleared: Draft = { ...draft, record: { ...draft.record, replicas: gone } };
  return gone.filter(isAlive).reduce((next, replica) => retire(next, replica, "removed", context), cleared);
}
