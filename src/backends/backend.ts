import type { FileEntry } from "../config/files.ts";
import type { Job, JobFile } from "../config/job.ts";
import type { Address } from "../state/record.ts";

/** Whose instances these are: written on each one as tags, checked before anything is touched. */
export interface Owner {
  /** Stable name of the repository that the state belongs to. */
  readonly repository: string;
  readonly stateId: string;
  readonly project: string;
}

export interface Offer {
  readonly backend: string;
  readonly region: string;
  readonly instance: string;
  /** As `dstack offer` prints it: `cpu=2 mem=8GB disk=100GB`. */
  readonly resources: string;
  readonly spot: boolean;
  /** $/hour. */
  readonly price: number;
  readonly availability: "available" | "unknown" | "not_available" | "no_quota" | "no_balance" | "idle" | "busy";
  /** How many more instances of it can be had now; absent: not known. */
  readonly headroom?: number;
  /** Availability zones, where the provider has some. */
  readonly zones?: readonly string[] | null;
}

/** Offers, cheapest first, or why this backend can never run the job. */
export type OfferAnswer =
  | { readonly ok: true; readonly offers: readonly Offer[]; readonly notes: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly property: string };

export interface ProvisionRequest {
  readonly token: string;
  readonly owner: Owner;
  readonly service: string;
  readonly replica: number;
  readonly deployment: number;
  readonly job: Job;
  /** Identity of the job: a tag of the instance, by which it is told again what it runs. Absent: nobody will know. */
  readonly jobDigest?: string;
  /** Values of every name in `job.env`, bare ones included, secrets replaced. In memory only. */
  readonly env: Readonly<Record<string, string>>;
  /** `job.registryAuth` with everything replaced. In memory only. */
  readonly registryAuth: Job["registryAuth"];
  readonly offer: Offer;
  /** Of the lease that it is called under, which grows with each change of owner. Absent: under none, and nothing is checked. */
  readonly fence?: number;
  /** Content of an entry of `job.files`. */
  readonly readFile: (file: JobFile) => Promise<readonly FileEntry[]>;
}

/** What a provider says of one instance. `gone` ones may be left out of listings. */
export interface ObservedInstance {
  readonly token: string;
  readonly instance: string;
  readonly stateId: string;
  /** Absent: its tags do not say; it counts as ours. */
  readonly project?: string;
  readonly service: string;
  readonly replica: number;
  readonly deployment: number;
  /** Digest of the job that it was given. Absent: its tags do not say. */
  readonly job?: string;
  readonly region: string;
  readonly price: number;
  /** `unreachable`: it is there, and its host does not answer. `unobservable`: nobody can tell from here. */
  readonly status:
    | "provisioning"
    | "pulling"
    | "running"
    | "unreachable"
    | "terminating"
    | "exited"
    | "gone"
    | "unobservable";
  /** The provider took the instance back, as it does with spot ones. Absent: no, or it does not say. */
  readonly interrupted?: boolean;
  readonly address: Address | null;
  readonly exitCode: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  /** How its GPUs were used in the last hour, where its job has a `utilizationPolicy`. Absent: that is not known now. */
  readonly gpus?: readonly GpuUse[];
}

/**
 * How one GPU was used, as measured beside it and whoever looks: oldest first, less than a minute apart. What was measured
 * in between is part of the next sample, which has the highest of it.
 */
export interface GpuUse {
  /** Names it within its instance. */
  readonly gpu: string;
  /** `at` in milliseconds since the epoch. */
  readonly samples: readonly { readonly at: number; readonly percent: number }[];
}

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Only the last N lines; absent: all that are kept. */
  readonly tail?: number;
  readonly signal?: AbortSignal;
}

/** A provider of instances that runs no replicas by itself. Every call throws `BackendError`, and nothing else on purpose. */
export interface MachineBackend {
  readonly kind: "machine";
  readonly name: string;
  /** A repeated `provision` with one token returns the first one's instance. */
  readonly dedupes: boolean;
  /** After how many milliseconds a listing shows what was done. */
  readonly visibility: number;
  /**
   * For how many milliseconds a call may still be carried out after whoever made it is gone. Absent: not at all where a
   * listing shows at once what was done, otherwise a minute.
   */
  readonly callsLast?: number;
  /**
   * Remembers the highest fence of each service, and refuses calls with a lower one (`FencedError`): whoever makes them
   * stood still while somebody else took over. Absent: it cannot, and leases are kept by their owners' clocks alone.
   */
  readonly fences?: boolean;
  /** Listings tell how GPUs are used. Absent: they do not, and nothing with a `utilization_policy` is started here. */
  readonly measuresGpus?: boolean;
  /** How often to look, in milliseconds: while something is under way, and otherwise. */
  readonly poll: { readonly busy: number; readonly idle: number };
  offers(job: Job, signal?: AbortSignal): Promise<OfferAnswer>;
  /** Everything that carries this repository's tags, other state ids included. Throws when it cannot be told: never an empty answer instead. */
  list(owner: Owner, signal?: AbortSignal): Promise<readonly ObservedInstance[]>;
  find(owner: Owner, token: string, signal?: AbortSignal): Promise<ObservedInstance | null>;
  /** Whether an instance can be seen from here at all; absent: every one can. One that cannot is neither gone nor alive. */
  readonly observes?: (instance: string) => boolean;
  /** Returns as soon as the provider has taken the request; `running` shows in a later listing. */
  provision(request: ProvisionRequest, signal?: AbortSignal): Promise<ObservedInstance>;
  /**
   * Says how many replicas of a service will be asked for one after the other: what they have in common may be made ready
   * meanwhile. 0 ends it, and resolves when nothing of it is left. Absent: there is nothing to make ready.
   */
  readonly expect?: (service: string, count: number) => Promise<void>;
  /**
   * Asks for a graceful end and returns when the provider has taken it; `gone` shows in a later listing. Not there: done.
   * `fence` as in `ProvisionRequest`: what nobody's lease is needed for, such as ending what was given up, comes without.
   */
  terminate(owner: Owner, instance: string, signal?: AbortSignal, fence?: number): Promise<void>;
  /** Lines of one attempt, oldest first, kept a while after it ended. */
  logs(owner: Owner, token: string, options: LogOptions): AsyncIterable<LogLine>;
}

/** Every backend there is. Orchestrators, which roll replicas themselves, join with the first one that exists. */
export type Backend = MachineBackend;
