/** `.dstack/gitops.yml` with its defaults applied (design: README, "Settings"). Durations in seconds. */
export interface Settings {
  readonly project: string;
  readonly exclude: readonly string[];
  readonly state: {
    readonly branch: string;
    /** `null`: the local repository. Otherwise the name of a git remote, or a URL. */
    readonly remote: string | null;
  };
  readonly backends: readonly BackendSettings[];
  readonly gateways: readonly GatewaySettings[];
  readonly auth: { readonly tokens: readonly string[] };
  readonly policy: Policy;
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
  readonly brake: BrakePolicy;
}

export interface RolloutPolicy {
  /** How long the first new replica keeps its probes before the first old one leaves; `null`: one interval of the slowest probe, 5 s without probes. */
  readonly bake: number | null;
  /** How long draining waits for requests in flight. */
  readonly drain: number;
  /** How long a replica may take from running to ready before it counts as unhealthy. */
  readonly startup: number;
  /** Probes in a row that a ready replica may fail during a rollout before it counts as unhealthy. */
  readonly failureThreshold: number;
}

export interface HealPolicy {
  /** Failed probes in a row after which a ready replica is replaced outside a rollout; `null`: never, as the reference. */
  readonly unhealthyAfter: number | null;
}

/** Refused without consent (`--allow-destroy`): a pass that destroys more services than this. */
export interface BrakePolicy {
  readonly destroy: number;
}

export const defaultPolicy: Policy = {
  rollout: { bake: null, drain: 30, startup: 600, failureThreshold: 3 },
  heal: { unhealthyAfter: null },
  brake: { destroy: 1 },
};
