import type { ReplicaRecord } from "../../state/record.ts";
import { canaryKeeps } from "./canary.ts";
import { currentDeployment, isServing, retire, wake } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { healthOf, leastImportant } from "./health.ts";
import { isBeside, sortOut } from "./replicas.ts";
import { desiredReplicas } from "./scale.ts";
import { isRouted, standsBy } from "./strategy.ts";

/** Lets go of what is too much: what is superseded at once, what serves only when enough others do. */
export function letGo(draft: Draft, context: Context): Draft {
  const desired = desiredReplicas(draft.record);
  const { fresh, stale } = sortOut(draft);
  if (isBeside(draft)) {
    // Neither what serves nor what is to: a run that never took over.
    const neverRouted = stale.filter((replica) => !isRouted(replica, draft.record));
    return letGoOf(
      letGoOf(draft, neverRouted, "superseded", context),
      surplus(fresh, desired, context),
      "scaled-down",
      context,
    );
  }
  const routed = stale.filter((replica) => isServing(replica) && isRouted(replica, draft.record));
  const standing = standsBy(draft, context);
  const idle = stale.filter(
    (replica) =>
      !routed.includes(replica) && (standing === null || isRouted(replica, draft.record) || !isServing(replica)),
  );
  const kept = standing === null || idle.length === stale.length ? draft : wake(draft, standing.until);
  const trimmed = letGoOf(
    letGoOf(kept, idle, "superseded", context),
    surplus(fresh, desired, context),
    "scaled-down",
    context,
  );
  return letGoOfServing(trimmed, { stale: routed, fresh: fresh.filter(isServing), desired }, context);
}

interface Serving {
  readonly stale: readonly ReplicaRecord[];
  readonly fresh: readonly ReplicaRecord[];
  readonly desired: number;
}

/** Old ones that serve leave when more serve than are wanted, and for each proven successor. Nothing leaves before everything was looked at. */
function letGoOfServing(draft: Draft, { stale, fresh, desired }: Serving, context: Context): Draft {
  if (stale.length === 0 || [...stale, ...fresh].some((replica) => healthOf(replica, context) === "unknown"))
    return draft;
  const successors = fresh.filter((replica) => healthOf(replica, context) === "well").length;
  const baked = currentDeployment(draft.record).bakedAt !== null;
  const scaledDown = Math.max(0, stale.length - desired);
  const exchanged = baked ? Math.max(0, stale.length + Math.min(successors, desired) - desired) : 0;
  // A step of a canary keeps what it is compared with.
  const replaced = Math.min(exchanged, Math.max(0, stale.length - canaryKeeps(draft.record, desired)));
  const leaving = Math.min(stale.length, Math.max(scaledDown, replaced));
  return letGoOf(
    draft,
    leastImportant(stale, context).slice(0, leaving),
    replaced >= leaving ? "replaced" : "scaled-down",
    context,
  );
}

function surplus(replicas: readonly ReplicaRecord[], desired: number, context: Context): readonly ReplicaRecord[] {
  const unknown = replicas.some((replica) => isServing(replica) && healthOf(replica, context) === "unknown");
  // Before everything that serves was looked at, it is not known which of it may go.
  const mayGo = leastImportant(replicas, context).filter((replica) => !unknown || !isServing(replica));
  return mayGo.slice(0, Math.max(0, replicas.length - desired));
}

function letGoOf(
  draft: Draft,
  replicas: readonly ReplicaRecord[],
  reason: "scaled-down" | "replaced" | "superseded",
  context: Context,
): Draft {
  return replicas.reduce((next, replica) => retire(next, replica, reason, context), draft);
}
