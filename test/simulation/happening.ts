import type { ProvisionRequest } from "../../src/backends/backend.ts";
import type { CanaryStep } from "../../src/config/settings.ts";
import type { GatewayStatus, Publication } from "../../src/proxy-config/publisher.ts";
import type { Lease } from "../../src/state/lease-record.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import type { Snapshot } from "../../src/state/store.ts";
import type { Cloud } from "./cloud.ts";
import type { SimulatedGateway } from "./gateway.ts";
import type { History } from "./history.ts";
import type { Instance } from "./instance.ts";
import type { Revision } from "./revision.ts";
import type { OneCommand } from "./scenario.ts";

/** One run of the program. */
export interface Actor {
  readonly nonce: string;
  readonly command: "apply" | "tick" | OneCommand;
  /** What `apply` was given. */
  readonly files: readonly Revision[];
  readonly startedAt: number;
  /** It is to stop for a while at some time: what it does then it thought over before. */
  readonly standsStill: boolean;
  /** The last record of each service that it wrote: what its calls are decided by. */
  readonly decided: ReadonlyMap<string, ServiceRecord | null>;
  /** What the gateway answered when it was asked last; `null`: nothing. */
  readonly status: GatewayStatus | null;
  /** The last lease of each service that it wrote; `null`: it gave it back. */
  readonly leases: ReadonlyMap<string, Lease | null>;
  /** A listing has succeeded. */
  readonly looked: boolean;
  /** What a gateway that was up said last; `null`: nothing yet. */
  readonly heard: Heard | null;
  /** What its probes were answered last, by token and URL. */
  readonly probed: ReadonlyMap<string, ReadonlyMap<string, Answers>>;
  /** When the last listing that succeeded was asked for. */
  readonly lookedAt: number;
  /** It stopped for a while, and goes on at this very moment: nothing that it does now could it have thought over. */
  readonly isWaking: () => boolean;
}

/** When a probe was last answered so; `-Infinity`: never. */
export interface Answers {
  readonly wellAt: number;
  readonly illAt: number;
}

export interface Heard {
  readonly at: number;
  readonly countedSince: number;
}

/** What a run of the program did to the world, at the moment when it happens. */
export type Happening =
  | {
      readonly kind: "committed";
      readonly by: Actor;
      readonly service: string;
      readonly before: ServiceRecord | null;
      readonly after: ServiceRecord | null;
      readonly lease: { readonly before: Lease | null; readonly after: Lease | null };
      /** All that is recorded, this write included. */
      readonly state: Snapshot;
    }
  /** The provider is asked for an instance. */
  | { readonly kind: "provisions"; readonly by: Actor; readonly request: ProvisionRequest }
  /** An instance begins to exist. */
  | { readonly kind: "created"; readonly instance: Instance }
  /** The provider is asked to end an instance. */
  | {
      readonly kind: "terminates";
      readonly by: Actor;
      readonly instance: Instance;
      /** Absent: nobody's lease is needed. */
      readonly fence: number | undefined;
    }
  /** The gateway changes its routes. */
  | { readonly kind: "routes"; readonly before: Publication | null; readonly after: Publication }
  /** A run came to its end. */
  | {
      readonly kind: "ended";
      readonly by: Actor;
      /** `null`: it did what it was to do. */
      readonly error: unknown;
      /** Tokens of instances that it said it does not know. */
      readonly reported: ReadonlySet<string>;
      /** A listing failed meanwhile, or showed nothing of what there is. */
      readonly blinded: boolean;
    };

/** What is looked at besides. */
export interface Scene {
  readonly now: () => number;
  readonly cloud: Cloud;
  readonly gateway: SimulatedGateway;
  readonly history: History;
  /** By how many milliseconds clocks of two runs may differ. */
  readonly skew: number;
  /** What all services may cost, in $/hour; `null`: anything. */
  readonly hourly: number | null;
  readonly canarySteps: readonly CanaryStep[];
  /** Whether anything was ever not to be had. */
  readonly lacked: () => boolean;
  /** When a replica last answered that it is ill, though it is not; `-Infinity`: never. */
  readonly chokedAt: () => number;
  /** Tokens that passes gave up because a listing did not show them. */
  readonly missed: Set<string>;
  /** Since when commits of the state branch are missing; `null`: none are. */
  readonly rewoundAt: () => number | null;
  /** Tokens of calls for instances that are on their way to the provider, whoever made them. */
  readonly underWay: ReadonlySet<string>;
  /** Tokens that the provider was asked for an instance with. */
  readonly called: ReadonlySet<string>;
  /** Ids of instances that a process asked to be ended. */
  readonly asked: ReadonlySet<string>;
  /** Whether the process with this nonce is alive. */
  readonly isAlive: (nonce: string) => boolean;
}

/** Something that must never happen, whoever dies and whatever lies. */
export interface Invariant<Kind extends Happening["kind"] = Happening["kind"]> {
  readonly name: string;
  readonly on: Kind;
  /** What is wrong; `null`: nothing. */
  readonly check: (happening: Extract<Happening, { readonly kind: Kind }>, scene: Scene) => string | null;
}

/** Knows of an invariant only that it is one. */
export interface Watcher {
  readonly name: string;
  readonly look: (happening: Happening, scene: Scene) => string | null;
}

/** To add an invariant is to name it, to say when it is looked at, and to list it in `invariants.ts`. */
export function invariant<const Kind extends Happening["kind"]>(given: Invariant<Kind>): Watcher {
  return {
    name: given.name,
    look: (happening, scene) => (isOf(happening, given.on) ? given.check(happening, scene) : null),
  };
}

function isOf<Kind extends Happening["kind"]>(
  happening: Happening,
  kind: Kind,
): happening is Extract<Happening, { readonly kind: Kind }> {
  return happening.kind === kind;
}
