import type { Policy } from "../../config/settings.ts";
import { fromTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Observed } from "../observed.ts";
import { isAlive } from "./draft.ts";
import { noOthers } from "./others.ts";
import type { Others } from "./others.ts";
import { hour, tollOf } from "./toll.ts";

/** With fewer running replicas in the project, a share of them says nothing. */
const fewest = 4;

/**
 * Replicas that a provider had and that were given up by a pass as lost or ill, as they were before it: not those that ended
 * by themselves, or had to leave, nor those of which two have said the same, their provider and they themselves.
 */
export function casualtiesOf(
  before: ServiceRecord,
  after: ServiceRecord,
  observed: Pick<Observed, "probes">,
): readonly ReplicaRecord[] {
  if (before.replicas === after.replicas) return [];
  const known = new Map(before.replicas.map((replica) => [replica.token, replica]));
  return after.replicas.flatMap((replica) => {
    const was = known.get(replica.token);
    if (was === undefined || was === replica || !isGivenUp(was, replica)) return [];
    return replica.error?.code === "unreachable" && isSilent(was, observed) ? [] : [was];
  });
}

/** Failures in a row after which nobody is thought to answer. */
export const silentAfter = 3;

/**
 * Asked by ourselves over the network it gives no answer at all: a provider that does not list it is not mistaken. A path
 * of this host tells nothing new: whatever hides the replica from the listing hides its socket, too.
 */
function isSilent({ token, address }: ReplicaRecord, { probes }: Pick<Observed, "probes">): boolean {
  if (address?.kind !== "tcp") return false;
  const streaks = probes.get(token) ?? [];
  return streaks.length > 0 && streaks.every(({ failures, last }) => failures >= silentAfter && last?.status === null);
}

function isGivenUp(was: ReplicaRecord, { status, error }: ReplicaRecord): boolean {
  if (
    !isAlive(was) ||
    was.instance === null ||
    (status !== "failed" && status !== "terminating") ||
    error === was.error
  )
    return false;
  // What never came to be ready is only tried again.
  return error?.code === "unreachable" || (error?.code === "unhealthy" && was.readyAt !== null);
}

export function isHeldBack({ brake }: ServiceRecord): boolean {
  return brake?.heldSince !== undefined;
}

/** What a pass is judged by. `now` in milliseconds since the epoch. */
export interface Judged {
  readonly policy: Policy;
  readonly now: number;
  readonly others?: () => Others;
  /** How many somebody consents to give up within the hour. Absent: none. */
  readonly consent?: number | "all" | undefined;
}

/** Why a service may not give up so many of its replicas now; `null`: it may. */
export function overBrake(record: ServiceRecord, count: number, judged: Judged): string | null {
  const { policy, now, consent } = judged;
  const share = policy.brake.replicas;
  if (share >= 1 || consent === "all" || isAllowed(record, now)) return null;
  const own = tollOf(record, now);
  const { toll } = judged.others?.() ?? noOthers;
  const givenUp = own.givenUp + toll.givenUp + count;
  if (consent !== undefined && givenUp <= consent) return null;
  // What was given up ran, until its replacement does; what has never run does not count.
  const running = Math.min(own.running + own.givenUp + toll.running + toll.givenUp, own.wanted + toll.wanted);
  // What is held back goes on to be, however few are left beside what has truly gone meanwhile.
  if ((running < fewest && !isHeldBack(record)) || givenUp <= share * running + 1e-9) return null;
  return (
    `${givenUp} of ${running} running replicas would be given up within an hour as lost or ill, and \`policy.brake.replicas\` is ${Math.round(share * 100)}%: ` +
    `nothing of it is given up until it is seen again or an hour has passed; consent with \`retry ${record.name}\`, or for all services with \`tick --allow-destroy ${givenUp}\``
  );
}

/** Somebody consented for this service, or it has been held back for as long as that lasts. */
function isAllowed({ brake }: ServiceRecord, now: number): boolean {
  if (brake?.consentedAt !== undefined) return true;
  return brake?.heldSince !== undefined && now >= fromTimestamp(brake.heldSince) + hour;
}
