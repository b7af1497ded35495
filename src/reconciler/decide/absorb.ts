import type { ObservedInstance } from "../../backends/backend.ts";
import { isSameJson } from "../../lib/same.ts";
import { toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord } from "../../state/record.ts";
import { deploymentOf, note, wake, withoutReplica, withReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { beginning, ended, exited, failed, interruption, lost, outOfReach, visibleFrom } from "./failure.ts";
import { rememberStart } from "./starts.ts";
import { unlisted } from "./unlisted.ts";

/** Takes over what is seen of each recorded replica. Where a backend is blind, what it holds stays as it was. */
export function absorb(draft: Draft, context: Context): Draft {
  return draft.record.replicas.reduce((next, replica) => absorbReplica(next, replica, context), draft);
}

function absorbReplica(draft: Draft, replica: ReplicaRecord, context: Context): Draft {
  const instance = context.observed.instances.get(replica.token);
  switch (replica.status) {
    case "submitted":
      return absorbSubmitted(draft, replica, context);
    case "provisioning":
    case "pulling":
    case "running":
      if (context.observed.blind.has(replica.backend) || instance?.status === "unobservable") return draft;
      if (instance === undefined) return unlisted(draft, replica, context);
      if (instance.status === "gone") return lost(draft, replica, instance.interrupted === true, context);
      return absorbInstance(draft, replica, instance, context);
    case "terminating":
      if (context.observed.blind.has(replica.backend)) return draft;
      if (instance !== undefined && instance.status !== "gone") return draft;
      // Not listed yet is not gone: it may still come, and must be ended then.
      if (instance === undefined && context.now < visibleFrom(replica, context))
        return wake(draft, visibleFrom(replica, context));
      return instance === undefined && isUnasked(replica, context) ? draft : ended(draft, replica);
    case "terminated":
      return withoutReplica(draft, replica.token);
    case "failed":
      return draft;
  }
}

/** That a listing leaves it out is not enough: it may be mistaken, and what is not there is ended by a call, too. */
function isUnasked({ token, instance }: ReplicaRecord, { observed }: Context): boolean {
  const outcome = observed.outcomes.get(token);
  const isTold = outcome?.kind === "terminating" || (outcome?.kind === "refused" && outcome.code === "not-found");
  return instance !== null && !isTold;
}

function absorbSubmitted(draft: Draft, replica: ReplicaRecord, context: Context): Draft {
  const outcome = context.observed.outcomes.get(replica.token);
  const listed = context.observed.instances.get(replica.token);
  if (listed !== undefined && listed.status !== "gone") return absorbInstance(draft, replica, listed, context);
  if (outcome?.kind === "provisioned") return absorbInstance(draft, replica, outcome.instance, context);
  // It was never asked for, and says nothing of what can be had.
  if (outcome?.kind === "uncalled") return withoutReplica(note(draft, "note", replica, outcome.message), replica.token);
  if (outcome?.kind === "refused") {
    // Only what is wrong with the job itself is the revision's fault.
    const code = outcome.code === "invalid" ? "failed-to-start" : "no-capacity";
    return failed(draft, replica, { code, exitCode: null, message: outcome.message }, context);
  }
  if (context.observed.blind.has(replica.backend) || context.observed.dedupes.get(replica.backend) !== false)
    return draft;
  // The provider may have done it without telling: only a listing that must show it by now proves that it did not.
  const provenAt = visibleFrom(replica, context);
  if (context.now < provenAt) return wake(draft, provenAt);
  const message = outcome?.kind === "unknown" ? outcome.message : "its provider does not list it";
  return failed(draft, replica, { code: "unreachable", exitCode: null, message }, context);
}

function absorbInstance(draft: Draft, replica: ReplicaRecord, instance: ObservedInstance, context: Context): Draft {
  if (instance.status === "running" && isAsRecorded(instance, replica))
    return absorbProbes(draft, replica, { instance, context });
  const { unreachableSince, unlistedSince, ...reached } = replica;
  const seen: ReplicaRecord = {
    ...reached,
    instance: instance.instance,
    region: instance.region,
    price: instance.price,
    address: instance.address ?? replica.address,
  };
  switch (instance.status) {
    case "provisioning":
    case "pulling":
      // A listing may be older than the one that showed it running: nothing that runs begins again.
      if (replica.runningAt !== null) return draft;
      return beginning(draft, { ...seen, status: instance.status }, context);
    case "running": {
      const running: ReplicaRecord = {
        ...seen,
        status: "running",
        runningAt: seen.runningAt ?? toTimestamp(context.now),
      };
      const begun =
        replica.status === "running"
          ? draft
          : note(draft, "running", replica, `on ${replica.backend} (${running.region})`);
      const noted = unlistedSince === undefined ? begun : note(begun, "note", replica, "is listed again");
      return absorbProbes(withReplica(noted, running), running, { instance, context });
    }
    case "exited": {
      if (instance.interrupted === true) return exited(draft, seen, interruption, context);
      const message = instance.exitCode === null ? "ended" : `exited with code ${instance.exitCode}`;
      return exited(draft, seen, { code: "exited", exitCode: instance.exitCode, message }, context);
    }
    case "unreachable":
      return outOfReach(draft, { ...seen, unreachableSince: unreachableSince ?? toTimestamp(context.now) }, context);
    case "terminating":
      return exited(
        draft,
        seen,
        instance.interrupted === true
          ? interruption
          : { code: "exited", exitCode: instance.exitCode, message: "is being ended by its provider" },
        context,
      );
    case "gone":
    case "unobservable":
      return draft;
  }
}

/** Most looks show a running replica as it is recorded: then there is nothing to take over. */
function isAsRecorded(instance: ObservedInstance, recorded: ReplicaRecord): boolean {
  return (
    recorded.status === "running" &&
    recorded.runningAt !== null &&
    recorded.unreachableSince === undefined &&
    recorded.unlistedSince === undefined &&
    instance.instance === recorded.instance &&
    instance.region === recorded.region &&
    instance.price === recorded.price &&
    (instance.address === null || isSameJson(instance.address, recorded.address))
  );
}

/** Ready once every probe has reached its threshold; kept through later failures, as in the reference (facts §7). */
function absorbProbes(
  draft: Draft,
  replica: ReplicaRecord,
  { instance, context }: { readonly instance: ObservedInstance; readonly context: Context },
): Draft {
  if (replica.readyAt !== null) return draft;
  const { probes } = deploymentOf(draft.record, replica.deployment).spec;
  const streaks = context.observed.probes.get(replica.token);
  if (streaks === undefined || streaks.length === 0) return draft;
  const ready = streaks.every((streak, index) => streak.successes >= (probes[index]?.ready_after ?? 1));
  if (!ready) return draft;
  // From here on it is a success: what failed before it counts only until it has been ready for a while.
  const { failingSince: _, ...started } = replica;
  const begun = { ...started, readyAt: toTimestamp(context.now) };
  const remembered = rememberStart(withReplica(draft, begun), begun, instance);
  return note(remembered, "ready", replica, probes.length > 0 ? "probes passed" : "listening");
}
