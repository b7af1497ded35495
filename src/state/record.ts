import type { PinnedFiles, PinnedRepos } from "../config/job.ts";
import type { Strategy } from "../config/settings.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { ValueDigests } from "../config/value-digests.ts";
import type { Lease } from "./lease-record.ts";
import type { Brake, Canary, Quarantine, Scaled, Spent, StartTime, Window } from "./progress.ts";
import type { Verdict } from "./verdict.ts";

/**
 * What the state branch remembers of one service: `services/<shard>/<name>.json`. Data only, no secret values. All times
 * are RFC 3339 UTC strings, so that a state commit is a readable diff.
 */
export interface ServiceRecord {
  readonly name: string;
  /** Generation of the state in which this life of the service began: part of its tokens, so that none is ever used twice. */
  readonly born: number;
  /** What `apply` accepted last; `null` once the service's removal was accepted. */
  readonly target: Target | null;
  /** Number of the deployment that passes work towards: the target's, or an earlier one after going back. */
  readonly current: number;
  /** The run whose replicas are routed. Deployments of a later run take over all at once when they are ready. */
  readonly run: number;
  /** Deployments that replicas still run, the current one, and the last that settled (to go back to). Ascending by number. */
  readonly deployments: readonly DeploymentRecord[];
  readonly replicas: readonly ReplicaRecord[];
  /** Attempts made so far: attempt numbers are never used twice. */
  readonly attempts: number;
  readonly quarantined: readonly Quarantine[];
  readonly verdict: Verdict | null;
  /** How many replicas scaling has come to; `null` where nothing scales. */
  readonly scaled: Scaled | null;
  /** The last window of a schedule, or the time that `max_duration` or `utilization_policy` ends; `null`: none yet. */
  readonly window: Window | null;
  /** How long its last starts took, newest last. Absent: none is known. */
  readonly starts?: readonly StartTime[];
  /** What its ended replicas cost in a month. Absent: nothing. */
  readonly spent?: Spent;
  /** Absent: nothing was given up lately. */
  readonly brake?: Brake;
  /** Set: no pass touches the service until it is resumed. */
  readonly paused: { readonly at: string; readonly by: string } | null;
}

/** One accepted revision. Written by accepting, never changed after. */
export interface Target {
  readonly deployment: number;
  readonly fingerprint: string;
  /** Counts acceptances of this service; with the fingerprint, the key of a quarantine. */
  readonly acceptance: number;
  readonly commit: string | null;
  readonly planId: string;
  readonly by: string;
  readonly acceptedAt: string;
  /** Serving replicas never go below this while the target is rolled out. */
  readonly floor: number;
  /** How many served when it was accepted. Absent in older records. */
  readonly served?: number;
  /** How it takes the place of what runs, as its plan said. Absent: `surge`. */
  readonly strategy?: Strategy;
}

export interface DeploymentRecord {
  readonly num: number;
  /** Grows with each edit that needs a restart; equal between deployments that roll into each other. */
  readonly run: number;
  readonly spec: ServiceSpec;
  readonly fingerprint: string;
  readonly acceptance: number;
  readonly files: PinnedFiles;
  /** Absent: none. */
  readonly repos?: PinnedRepos;
  readonly job: string;
  /** Counts `restart`s: replicas of an earlier count are replaced though their job is the same. */
  readonly restarts: number;
  /** Path of the service file, from the repository's root. */
  readonly file: string;
  readonly commit: string | null;
  readonly acceptedAt: string;
  readonly settledAt: string | null;
  /** When the first new replica was seen ready and the bake was kept, so that old ones may leave. */
  readonly bakedAt: string | null;
  /** The step of a canary that is under way. Absent: none is. */
  readonly canary?: Canary;
  /** When all steps of its canary were over. Absent: they are not, or there are none. */
  readonly canaryEndedAt?: string;
  /** When its run took over from another one that still stands by. Absent: none does. */
  readonly tookOverAt?: string;
  /** When it was given up for lack of capacity. Absent: it was not. */
  readonly gaveUpAt?: string;
}

export type ReplicaStatus =
  | "submitted"
  | "provisioning"
  | "pulling"
  | "running"
  | "terminating"
  | "terminated"
  | "failed";

/** One attempt to run replica `num`. Finished attempts are kept only while they hold back the next one. */
export interface ReplicaRecord {
  readonly num: number;
  readonly deployment: number;
  /** Idempotency token of the attempt: `<service>-<born>-<attempt>`, unique within a state. */
  readonly token: string;
  readonly status: ReplicaStatus;
  readonly backend: string;
  readonly region: string;
  /** $/hour. */
  readonly price: number;
  /** Which of the instances that are offered there it was called for. Absent in older records. */
  readonly offered?: Offered;
  /** The provider's immutable id, once known. */
  readonly instance: string | null;
  readonly address: Address | null;
  readonly submittedAt: string;
  readonly runningAt: string | null;
  /** When every probe had reached `ready_after`; kept through later failures, as in the reference. */
  readonly readyAt: string | null;
  readonly termination: Termination | null;
  readonly error: ReplicaError | null;
  /** Since when its host is out of reach. Absent: it is not. */
  readonly unreachableSince?: string;
  /** Since when its provider does not list it though it answers. Absent: it is listed. */
  readonly unlistedSince?: string;
  /** When the first of the attempts in a row failed. Absent: none has. */
  readonly failingSince?: string;
  /** Of the values that it was given. Absent: none were made. */
  readonly digests?: ValueDigests;
  /** Attempts for this number in a row that ended before they had been ready for a while: the row of the back-off table. */
  readonly failures: number;
}

/** What tells the offers of a backend in one region apart. */
export interface Offered {
  /** As the provider names this kind of instance. */
  readonly type: string;
  readonly spot: boolean;
}

/** Where a replica is reached. */
export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export interface Termination {
  readonly reason: "scaled-down" | "replaced" | "removed" | "unhealthy" | "superseded" | "exited";
  readonly since: string;
  /** Draining ends here at the latest. */
  readonly drainUntil: string;
}

export interface ReplicaError {
  readonly code: "exited" | "unhealthy" | "unreachable" | "interrupted" | "no-capacity" | "failed-to-start";
  /** Not before this time may the next attempt start. */
  readonly retryAt: string;
  readonly exitCode: number | null;
  readonly message: string;
  readonly at: string;
}

/** Written before the call that it announces, and removed with its result: `journal/<shard>/<name>.json` lists a service's open ones. */
export interface Intent {
  readonly kind: "provision" | "terminate";
  readonly service: string;
  readonly replica: number;
  readonly deployment: number;
  readonly token: string;
  readonly backend: string;
  readonly instance: string | null;
  readonly openedAt: string;
}

/** All that is known of one service at one commit of the state branch. */
export interface ServiceState {
  readonly record: ServiceRecord | null;
  readonly intents: readonly Intent[];
  readonly lease: Lease | null;
}
