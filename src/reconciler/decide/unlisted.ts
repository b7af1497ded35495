import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { silentAfter } from "./casualties.ts";
import { isServing, note, wake, withReplica } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { lost, visibleFrom } from "./failure.ts";
import { hour } from "./toll.ts";

/** Successes in a row after which one is thought to be well that nobody expected to be. */
export const heardAfter = 3;

/** What its own answers say of a replica that its provider does not list; `"unasked"`: nobody can ask it. */
type Testimony = "answers" | "silent" | "unknown" | "unasked";

/**
 * A replica that its provider's listing leaves out, though it must show it by now. Of one that served, two are heard: it is
 * lost once it fails its own probes, too. While it answers it is rather the listing that is mistaken: it goes on to serve,
 * until it is listed again, or an hour has passed.
 */
export function unlisted(draft: Draft, replica: ReplicaRecord, context: Context): Draft {
  const { unlistedSince } = replica;
  switch (testimonyOf(replica, context)) {
    case "silent":
    case "unasked":
      // How many are lost together is known, and limited, once all have been heard.
      return isInDoubt(draft.record, context) ? draft : lost(draft, replica, false, context);
    case "unknown":
      return draft;
    case "answers": {
      const from = visibleFrom(replica, context);
      if (context.now < from) return wake(draft, from);
      const since = unlistedSince ?? toTimestamp(context.now);
      const until = fromTimestamp(since) + hour;
      if (context.now >= until) return lost(draft, replica, false, context);
      if (unlistedSince !== undefined) return wake(draft, until);
      const doubted = withReplica(draft, { ...replica, unlistedSince: since });
      const detail = `${replica.backend} does not list it, and it answers its probes: it is kept for an hour`;
      return wake(note(doubted, "note", replica, detail), until);
    }
  }
}

/** Whether anything that serves is missing in a listing, and has not been heard itself yet. */
export function isInDoubt({ replicas }: ServiceRecord, context: Context): boolean {
  return replicas.some(
    (replica) =>
      isServing(replica) &&
      !context.observed.blind.has(replica.backend) &&
      !context.observed.instances.has(replica.token) &&
      context.now >= visibleFrom(replica, context) &&
      testimonyOf(replica, context) === "unknown",
  );
}

function testimonyOf(replica: ReplicaRecord, { observed }: Context): Testimony {
  const streaks = observed.probes.get(replica.token) ?? [];
  // What was out of reach before is not probed, and what never served has nothing to show.
  if (!isServing(replica) || replica.unreachableSince !== undefined || streaks.length === 0) return "unasked";
  // One that is shutting down may answer once more.
  const enough = replica.unlistedSince === undefined ? heardAfter : 1;
  const isHeard = streaks.every(({ successes, failures }) => successes >= enough || failures >= silentAfter);
  if (!isHeard) return "unknown";
  return streaks.every(({ failures }) => failures === 0) ? "answers" : "silent";
}
