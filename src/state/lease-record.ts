/** Who works on a service: `leases/<shard>/<name>.json`. */
export interface Lease {
  readonly owner: LeaseOwner;
  readonly acquiredAt: string;
  readonly deadline: string;
  /** Grows with every change of owner; a write under an older number is refused. */
  readonly fence: number;
  /** Set by someone who accepted a newer target: hand over between two actions. */
  readonly handOver: boolean;
}

export interface LeaseOwner {
  /** A run and its attempt, such as a workflow run's id; for a person's shell, the host and pid. */
  readonly run: string;
  readonly attempt: number;
  readonly nonce: string;
  readonly host: string | null;
  readonly boot: string | null;
  readonly pid: number | null;
  readonly pidStart: string | null;
  /** Of a workflow run: the API that tells of it, and its job's id where that is known. Absent: it is none. */
  readonly github?: { readonly api: string; readonly job?: number };
}
