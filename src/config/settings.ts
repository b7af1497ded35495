/** `.dstack/gitops.yml` with its defaults applied (design: README, "Settings"). Durations in seconds. */
export interface Settings {
  readonly project: string;
  readonly exclude: readonly string[];
  readonly state: {
    readonly branch: string;
    /** `null`: the local repository. Otherwise the name of a git remote, or a URL. */
    readonly remote: string | null;
    /** Whether it may be written where everybody can read it. */
    readonly public: boolean;
    readonly history: HistoryLimits;
    readonly lease: LeaseSettings;
  };
  readonly backends: readonly BackendSettings[];
  readonly gateways: readonly GatewaySettings[];
  readonly auth: { readonly tokens: readonly string[] };
  readonly policy: Policy;
}

/** How much of the state's history is kept; `null`: all of it. `age` in seconds. */
export interface HistoryLimits {
  readonly commits: number | null;
  readonly age: number | null;
}

export const defaultHistory: HistoryLimits = { commits: 10_000, age: 90 * 86_400 };

/** For how long one run may work on a service before others may take it for dead. */
export interface LeaseSettings {
  readonly ttl: number;
  /** How far the clocks of two hosts may differ. */
  readonly skew: number;
}

/** `type` names the backend; further keys belong to it and are checked by it. */
export interface BackendSettings {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface GatewaySettings {
  readonly name: string;
  readonly type: "embedded" | "nginx" | "envoy";
  readonly default: boolean;
  readonly listen: { readonly host: string; readonly port: number };
  /** With a domain, a service's host name is `<service>.<domain>`; without, it is a path. */
  readonly domain: string | null;
}

export interface Policy {
  readonly rollout: RolloutPolicy;
  readonly heal: HealPolicy;
  readonly schedule: SchedulePolicy;
  /** Of the whole project; each service may have one of its own besides. */
  readonly budget: Budget;
  readonly brake: BrakePolicy;
  /** Services of which something else holds, with what holds for them in full. */
  readonly services: Readonly<Record<string, ServicePolicy>>;
  /** Services that one commit changes are changed in this order, those of a wave side by side; whatever is named in none comes last. */
  readonly waves: readonly (readonly string[])[];
}

export interface ServicePolicy {
  readonly rollout: RolloutPolicy;
  readonly heal: HealPolicy;
  readonly budget: Budget;
}

/** How one revision takes the place of another (docs/rollouts.md). */
export type Strategy = "surge" | "stop-first" | "blue-green" | "canary";

export interface RolloutPolicy {
  /** How long the first new replica keeps its probes before the first old one leaves; `null`: one interval of the slowest probe, 5 s without probes. */
  readonly bake: number | null;
  /** How long draining waits for requests in flight. */
  readonly drain: number;
  /** How long a replica may take from running to ready before it counts as unhealthy. */
  readonly startup: number;
  /** How long an instance may take from being asked for to running before another one is tried. */
  readonly provisioning: number;
  /** Probes in a row that a ready replica may fail during a rollout before it counts as unhealthy. */
  readonly failureThreshold: number;
  /** `auto`: `surge` where a second instance can be had and paid for, else `stop-first`. */
  readonly strategy: Strategy | "auto";
  /** How long a rollout waits for capacity before it is given up; a service's own `retry` for `no-capacity` takes its place. */
  readonly deadline: number;
  /** How long the old run of a `blue-green` exchange is kept after the new one has taken over. */
  readonly hold: number;
  readonly canary: CanaryPolicy;
}

export interface CanaryPolicy {
  readonly steps: readonly CanaryStep[];
  /** By how much more of its requests than the running version a canary may fail, as a share in [0, 1]. */
  readonly maxErrorRate: number;
  /** How many times as long as the running version's a canary's mean request may take. */
  readonly maxLatency: number;
  /** Requests that a canary must have had for its errors and latency to count. */
  readonly minRequests: number;
}

/** Either so many new replicas, or such a share of the requests, in (0, 1]; then `pause` seconds of watching. */
export interface CanaryStep {
  readonly replicas: number | null;
  readonly share: number | null;
  readonly pause: number;
}

export interface HealPolicy {
  /** Failed probes in a row after which a ready replica is replaced outside a rollout; `null`: never, as the reference. */
  readonly unhealthyAfter: number | null;
  /** How long a replica's host may be out of reach before the replica is replaced. */
  readonly unreachableAfter: number;
}

/** When windows of a schedule begin. */
export interface SchedulePolicy {
  /** How long before its window a service is started; `auto`: as long as its recent starts took. */
  readonly lead: number | "auto";
  /** A window that nobody looked at for so long after its beginning is passed over; `null`: as long as it lasts, it is caught up. */
  readonly catchUp: number | null;
}

/** In USD; `null`: no limit. */
export interface Budget {
  readonly hourly: number | null;
  /** Of a calendar month in UTC. */
  readonly monthly: number | null;
}

/** Refused without consent (`--allow-destroy`). */
export interface BrakePolicy {
  /** How many services one run may destroy. */
  readonly destroy: number;
  /** Share of the recorded services that one run may destroy, in [0, 1], where there are several. */
  readonly services: number;
  /** Share of the project's running replicas that passes may give up as lost or ill within an hour, in [0, 1], where there are several. */
  readonly replicas: number;
}

export const defaultPolicy: Policy = {
  rollout: {
    bake: null,
    drain: 30,
    startup: 600,
    provisioning: 1800,
    failureThreshold: 3,
    strategy: "auto",
    deadline: 3600,
    hold: 0,
    canary: {
      steps: [{ replicas: 1, share: null, pause: 300 }],
      maxErrorRate: 0.05,
      maxLatency: 2,
      minRequests: 20,
    },
  },
  heal: { unhealthyAfter: null, unreachableAfter: 120 },
  schedule: { lead: "auto", catchUp: null },
  budget: { hourly: null, monthly: null },
  brake: { destroy: 1, services: 1, replicas: 0.5 },
  services: {},
  waves: [],
};

/** What holds for one service. */
export function policyFor(policy: Policy, name: string): Policy {
  const own = Object.hasOwn(policy.services, name) ? policy.services[name] : undefined;
  return own === undefined ? policy : { ...policy, rollout: own.rollout, heal: own.heal };
}
