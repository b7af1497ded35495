/** What a record remembers of load, time, money and steps. */

/** From when on a service is up, and until when; `closedAt` is `null` while it is. */
export interface Window {
  /** As the schedule says, which may be before anybody looked. */
  readonly openedAt: string;
  /** When the first pass of it was made. */
  readonly seenAt: string;
  readonly closedAt: string | null;
  /** The GPUs for which `utilization_policy` closed it, one of each replica. Absent: it is open, or its time was over. */
  readonly idle?: readonly IdleGpu[];
}

/** A GPU that was not used enough for as long as `utilization_policy` asks. */
export interface IdleGpu {
  readonly replica: number;
  /** As its backend names it. */
  readonly gpu: string;
  /** The highest utilization that was measured in that time, in percent. */
  readonly highest: number;
}

/** How long one replica took, in seconds: from being asked for to running, and from there to ready. */
export interface StartTime {
  readonly run: number;
  readonly ready: number;
  /** How much of `ready` its probes took to be repeated as often as `ready_after` asks. Absent: nothing. */
  readonly probing?: number;
}

/** Money, in USD, of one calendar month in UTC (`2026-11`). */
export interface Spent {
  readonly month: string;
  readonly amount: number;
}

/** What passes gave up as lost or ill, and whether they hold back from more of it. */
export interface Brake {
  /** Of the last hour, as far as anything was given up since. */
  readonly givenUp: readonly { readonly at: string; readonly count: number }[];
  /** Since when replicas that are missed are kept as they were. Absent: none is. */
  readonly heldSince?: string;
  /** When somebody consented to give them up. Absent: nobody has. */
  readonly consentedAt?: string;
}

/** A number of replicas, and since when it is wanted. */
export interface Scaled {
  readonly count: number;
  readonly at: string;
}

/** A step of a canary. */
export interface Canary {
  readonly step: number;
  /** How many new replicas there may be. */
  readonly replicas: number;
  /** Since when the step stands as it is to; `null`: it is still being reached. */
  readonly since: string | null;
  /** Which share of the requests the new replicas get; `null`: as much as their number comes to. */
  readonly share: number | null;
}

export interface Quarantine {
  readonly fingerprint: string;
  readonly acceptance: number;
  readonly deployment: number;
  readonly at: string;
}
