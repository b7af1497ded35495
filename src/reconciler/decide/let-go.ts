import type { ReplicaRecord } from "../../state/record.ts";
import { currentDeployment, deploymentOf, isServing, retire } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isBeside, sortOut } from "./replicas.ts";
import { desiredReplicas } from "./scale.ts";

/** Lets go of what is too much: what is superseded at once, what serves only when enough others do. */
export function letGo(draft: Draft, context: Context): Draft {
  const desired = desiredReplicas(draft.record);
  const { fresh, stale } = sortOut(draft);
  if (isBeside(draft)) {
    // Neither what serves nor what is to: a run that never took over.
    const neverRouted = stale.filter((replica) => !isRouted(replica, draft));
    return letGoOf(
      letGoOf(draft, neverRouted, "superseded", context),
      surplus(fresh, desired, context),
      "scaled-down",
      context,
    );
  }
  const routed = stale.filter((replica) => isServing(replica) && isRouted(replica, draft));
  const idle = stale.filter((replica) => !routed.includes(replica));
  const trimmed = letGoOf(
    letGoOf(draft, idle, "superseded", context),
    surplus(fresh, desired, context),
    "scaled-down",
    context,
  );
  return letGoOfServing(trimmed, { stale: routed, fresh: fresh.filter(isServing), desired }, context);
}

/** Replicas of the run that serves are; those of another are ready for nothing. */
function isRouted(replica: ReplicaRecord, draft: Draft): boolean {
  return deploymentOf(draft.record, replica.deployment).run === draft.record.run;
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
  const replaced = baked ? Math.max(0, stale.length + Math.min(successors, desired) - desired) : 0;
  const leaving = Math.min(stale.length, Math.max(scaledDown, replaced));
  return letGoOf(
    draft,
    leastImportant(stale, context).slice(0, leaving),
    replaced >= leaving ? "replaced" : "scaled-down",
    context,
  );
}

type Health = "well" | "failing" | "unknown";

/** By the answers that this process has had; being ready once is remembered, how it is now is not. */
export function healthOf(replica: ReplicaRecord, context: Context): Health {
  const streaks = context.observed.probes.get(replica.token) ?? [];
  if (streaks.some((streak) => streak.failures > 0)) return "failing";
  return streaks.length > 0 && streaks.every((streak) => streak.successes > 0) ? "well" : "unknown";
}

function wellness(replica: ReplicaRecord, context: Context): number {
  return healthOf(replica, context) === "well" ? 1 : 0;
}

/** Stopping takes the least important first, then the highest number (facts §4.1). */
function leastImportant(replicas: readonly ReplicaRecord[], context: Context): readonly ReplicaRecord[] {
  return [...replicas].sort(
    (a, b) => importance(a) - importance(b) || wellness(a, context) - wellness(b, context) || b.num - a.num,
  );
}

function importance(replica: ReplicaRecord): number {
  if (replica.status === "submitted") return 0;
  if (replica.status !== "running") return 1;
  return replica.readyAt === null ? 2 : 3;
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
