import type { Json } from "../lib/canonical-json.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import type { Lease } from "../state/lease-record.ts";
import { ownerText } from "../state/lease.ts";
import { table } from "./table.ts";

/** A lease with what is known of its owner now. */
export interface ShownLease {
  readonly name: string;
  readonly lease: Lease;
  readonly alive: boolean | "unknown";
  /** When anybody may take it, unless it is renewed. Milliseconds since the epoch. */
  readonly until: number;
  /** Anybody may take it now. */
  readonly free: boolean;
}

/** Who has leases, as a table. */
export function leasesTable(leases: readonly ShownLease[]): string {
  const rows = leases.map((shown) => {
    const { owner, acquiredAt } = shown.lease;
    return [shown.name, ownerText(owner), lifeText(shown.alive), acquiredAt, toTimestamp(shown.until)];
  });
  return table(["SERVICE", "OWNER", "ALIVE", "SINCE", "UNTIL"], rows);
}

/** The same for programs. */
export function leasesJson(leases: readonly ShownLease[]): Json {
  return {
    version: 1,
    leases: leases.map(({ name, lease, alive, until, free }) => ({
      service: name,
      run: lease.owner.run,
      attempt: lease.owner.attempt,
      since: lease.acquiredAt,
      deadline: lease.deadline,
      freeAt: toTimestamp(until),
      free,
      alive: alive === "unknown" ? null : alive,
      fence: lease.fence,
    })),
  };
}

/** Who it is, since when, and whether they are alive. */
export function holderText({ lease, alive }: Pick<ShownLease, "lease" | "alive">): string {
  const life = { true: "which is alive", false: "which is dead", unknown: "which may be alive" }[`${alive}`];
  return `${ownerText(lease.owner)}, ${life}, and has it since ${lease.acquiredAt}`;
}

function lifeText(alive: boolean | "unknown"): string {
  return { true: "yes", false: "no", unknown: "not known" }[`${alive}`];
}
