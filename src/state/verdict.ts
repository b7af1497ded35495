/** Why a service is as it is, with structured evidence: never text that came out of a service. */
export interface Verdict {
  readonly code:
    | "unhealthy"
    | "no-capacity"
    | "stuck"
    | "missing-env"
    | "refused"
    | "retry-limit"
    | "over-budget"
    | "braked";
  readonly deployment: number;
  readonly replica: number | null;
  readonly message: string;
  readonly at: string;
  readonly evidence: Evidence;
}

export interface Evidence {
  readonly exitCode?: number;
  readonly probes?: readonly {
    readonly probe: number;
    readonly url: string;
    readonly status: number | null;
    readonly error: string | null;
  }[];
  readonly missing?: readonly string[];
  readonly backend?: string;
  /** Names the attempt, so that its log's tail can be shown next to the verdict while the log is kept. */
  readonly token?: string;
  /** The verdict, in words, that stands behind this one: that going back is stuck, or what it waits for. */
  readonly cause?: string;
  /** What a canary was judged by. */
  readonly traffic?: { readonly new: Traffic; readonly old: Traffic };
}

/**
 * Requests that a replica has ended since its gateway counts: since the gateway started, or the last replica joined
 * the service's routes. That is the same moment for all replicas of a service, so that they can be compared.
 */
export interface Traffic {
  /** Those that their client left included, and of those that switched protocols only the beginning. */
  readonly requests: number;
  /** Those of them that the replica failed: no answer, no whole one, or a status of 500 and above. */
  readonly errors: number;
  /** Mean seconds to the end. */
  readonly seconds: number;
}
