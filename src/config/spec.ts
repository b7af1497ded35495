/**
 * A service after parsing: shorthand expanded, defaults applied. Properties have the reference's names and stand in its
 * declaration order (facts §1.1), which is also the order in which a diff lists them.
 */
export interface ServiceSpec {
  readonly port: PortMapping;
  readonly gateway: string | false | null;
  readonly strip_prefix: boolean;
  readonly model: ModelSpec | null;
  readonly https: boolean | "auto" | null;
  readonly auth: boolean;
  readonly replicas: ReplicaRange;
  readonly scaling: ScalingSpec | null;
  readonly rate_limits: readonly RateLimitSpec[];
  readonly probes: readonly ProbeSpec[];
  readonly commands: readonly string[];
  readonly type: "service";
  readonly name: string;
  readonly image: string | null;
  readonly user: string | null;
  readonly privileged: boolean;
  readonly entrypoint: string | null;
  readonly working_dir: string | null;
  readonly home_dir: string;
  readonly registry_auth: { readonly username: string; readonly password: string } | null;
  readonly python: string | null;
  readonly nvcc: boolean | null;
  readonly single_branch: boolean;
  /** `null`: the value comes from the environment of whoever runs a pass; it is never recorded. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly shell: string | null;
  readonly resources: ResourcesSpec;
  readonly priority: number;
  readonly volumes: readonly VolumeSpec[];
  readonly docker: boolean | null;
  readonly repos: readonly RepoSpec[];
  readonly files: readonly FileMapping[];
  readonly setup: readonly string[];
  readonly backends: readonly string[] | null;
  readonly regions: readonly string[] | null;
  readonly availability_zones: readonly string[] | null;
  readonly instance_types: readonly string[] | null;
  readonly reservation: string | null;
  readonly spot_policy: "spot" | "on-demand" | "auto" | null;
  readonly retry: RetrySpec | false | null;
  /** Seconds; `"off"`: never. */
  readonly max_duration: number | "off" | null;
  readonly stop_duration: number | "off" | null;
  readonly max_price: number | null;
  readonly creation_policy: "reuse" | "reuse-or-create" | null;
  readonly idle_duration: number | "off" | null;
  readonly utilization_policy: { readonly min_gpu_utilization: number; readonly time_window: number } | null;
  readonly startup_order: "any" | "master-first" | "workers-first" | null;
  readonly stop_criteria: "all-done" | "master-done" | null;
  readonly schedule: { readonly cron: readonly string[] } | null;
  readonly fleets: readonly string[] | null;
  readonly tags: Readonly<Record<string, string>> | null;
}

export interface PortMapping {
  /** Has no effect. */
  readonly local_port: number | null;
  readonly container_port: number;
}

export type ModelSpec =
  | { readonly type: "chat"; readonly name: string; readonly format: "openai"; readonly prefix: string }
  | {
      readonly type: "chat";
      readonly name: string;
      readonly format: "tgi";
      readonly chat_template: string | null;
      readonly eos_token: string | null;
    };

/** Inclusive bounds; `null`: unbounded. */
export interface Range {
  readonly min: number | null;
  readonly max: number | null;
}

export interface ReplicaRange {
  readonly min: number;
  readonly max: number;
}

/** Delays and window in seconds. */
export interface ScalingSpec {
  readonly metric: "rps";
  readonly target: number;
  readonly window: number;
  readonly scale_up_delay: number;
  readonly scale_down_delay: number;
}

export interface RateLimitSpec {
  readonly prefix: string;
  readonly key: { readonly type: "ip_address" } | { readonly type: "header"; readonly header: string };
  readonly rps: number;
  readonly burst: number;
}

/** An HTTP probe with its defaults applied (facts §7). Times in seconds. */
export interface ProbeSpec {
  readonly type: "http";
  readonly url: string;
  readonly method: "get" | "post" | "put" | "delete" | "patch" | "head";
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string | null;
  readonly timeout: number;
  readonly interval: number;
  readonly ready_after: number;
  readonly until_ready: boolean;
}

/** Memory and disk in GB, as the reference counts them. */
export interface ResourcesSpec {
  readonly cpu: { readonly arch: "x86" | "arm" | null; readonly count: Range };
  readonly memory: Range;
  readonly shm_size: number | null;
  readonly gpu: GpuSpec | null;
  readonly disk: { readonly size: Range } | null;
}

export interface GpuSpec {
  readonly vendor: "nvidia" | "amd" | "google" | "intel" | "tenstorrent" | null;
  readonly name: readonly string[] | null;
  readonly count: Range;
  readonly memory: Range | null;
  readonly total_memory: Range | null;
  readonly compute_capability: readonly [number, number] | null;
}

export type VolumeSpec =
  | { readonly name: readonly string[]; readonly path: string }
  | { readonly instance_path: string; readonly path: string; readonly optional: boolean };

export interface RepoSpec {
  readonly local_path: string | null;
  readonly url: string | null;
  readonly branch: string | null;
  readonly hash: string | null;
  readonly path: string | null;
  readonly if_exists: "error" | "skip";
}

export interface FileMapping {
  readonly local_path: string;
  readonly path: string;
}

export interface RetrySpec {
  readonly on_events: readonly ("no-capacity" | "interruption" | "error")[];
  /** Seconds. */
  readonly duration: number;
}
