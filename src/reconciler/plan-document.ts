import type { Offer } from "../backends/backend.ts";
import type { PinnedContent, PinnedRepo } from "../config/files.ts";
import type { ServiceSource } from "../config/parse.ts";
import type { Policy, Strategy } from "../config/settings.ts";
import type { PropertyChange } from "../diff/compare.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import type { Snapshot } from "../state/store.ts";
import type { Replacement, Revision } from "./accept.ts";
import type { Seen } from "./inventory.ts";
import type { Supply } from "./observed.ts";
import type { Provider, Rehearsal } from "./rehearsal.ts";

export type PlanAction = "none" | "update" | "scale" | "rolling" | "restart" | "create" | "destroy";

/** A change with the line that causes it; a removed property has none in the new file. */
export interface PlannedChange extends PropertyChange {
  readonly file: string | null;
  readonly line: number | null;
}

export interface Reason {
  readonly about: string;
  readonly text: string;
}

/** What `apply` would do with one service. Data for reports; `revision` and `replacement` are what is accepted. */
export interface PlannedService {
  readonly name: string;
  readonly file: string | null;
  readonly action: PlanAction;
  readonly deployment: { readonly from: number | null; readonly to: number | null };
  /** `beside`: a whole new run beside the one that serves, as `surge` means where an edit cannot be rolled. */
  readonly strategy: Strategy | "beside" | null;
  readonly changes: readonly PlannedChange[];
  readonly replicas: { readonly current: number; readonly min: number; readonly max: number };
  /** $/hour. */
  readonly price: { readonly before: number; readonly after: number; readonly max: number };
  readonly offers: readonly Offer[];
  readonly rehearsal: Rehearsal | null;
  readonly safety: "kept" | "reduced" | "away";
  readonly reasons: readonly Reason[];
  /** Why `apply` will not do it. */
  readonly refusal: string | null;
  /** Quarantined or paused: nothing is done, and that is no failure. */
  readonly held: string | null;
  readonly revision: Revision | null;
  readonly contents: readonly PinnedContent[];
  readonly repos: readonly PinnedRepo[];
  readonly replacement: Replacement;
}

export interface Plan {
  /** Of everything that somebody who consents to it consents to. */
  readonly id: string;
  /** The same of each service by its name: what the others become does not count. */
  readonly contracts: ReadonlyMap<string, string>;
  readonly base: string | null;
  readonly ref: string | null;
  /** The profile that gave what service files leave out. */
  readonly profile: { readonly name: string; readonly file: string } | null;
  readonly services: readonly PlannedService[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface DesiredService {
  readonly source: ServiceSource;
  readonly contents: readonly PinnedContent[];
  readonly repos: readonly PinnedRepo[];
}

export interface PlanInput {
  readonly desired: readonly DesiredService[];
  /** Services that are recorded, no longer desired, and therefore to be destroyed. */
  readonly removed: readonly string[];
  readonly snapshot: Snapshot;
  readonly supply: ReadonlyMap<string, Supply>;
  /** What runs. Absent: nothing but what is recorded. */
  readonly seen?: Seen;
  /** The backends that are configured, by name; absent: as is usual. */
  readonly providers?: ReadonlyMap<string, Provider>;
  readonly policy: Policy;
  readonly tokens: boolean;
  readonly ref: string | null;
  readonly profile: Plan["profile"];
  readonly commit: string | null;
  /** By hand, a quarantined revision is tried again; by a workflow only with a newer commit. */
  readonly byHand: boolean;
  readonly now: number;
  readonly diagnostics: readonly Diagnostic[];
}
