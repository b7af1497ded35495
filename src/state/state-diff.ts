import { isSameJson } from "../lib/same.ts";
import type { Lease } from "./lease-record.ts";
import type { Intent, ReplicaRecord, ServiceRecord, ServiceState } from "./record.ts";
import { noState } from "./service-parts.ts";
import type { Snapshot } from "./store.ts";

/** What differs between two states. */
export interface StateDiff {
  readonly from: Pick<Snapshot, "commit" | "generation">;
  readonly to: Pick<Snapshot, "commit" | "generation">;
  /** By name; those that are equal are left out. */
  readonly services: readonly ServiceDiff[];
}

export interface ServiceDiff {
  readonly name: string;
  readonly change: "came" | "went" | "changed";
  readonly facts: readonly FactDiff[];
}

/** One thing that is known of a service, before and after; `null`: there was, or is, none. */
export type FactDiff = { readonly [About in keyof Facts]: Differing<About> }[keyof Facts];

interface Differing<About extends keyof Facts> {
  readonly about: About;
  readonly before: Facts[About] | null;
  readonly after: Facts[About] | null;
}

/** What is compared. A lease's deadline is not: it moves while nothing happens. */
export interface Facts {
  readonly target: TargetFact;
  readonly current: number;
  readonly settled: { readonly deployment: number; readonly at: string };
  readonly replica: ReplicaFact;
  readonly verdict: Pick<NonNullable<ServiceRecord["verdict"]>, "code" | "message" | "deployment" | "at">;
  readonly paused: NonNullable<ServiceRecord["paused"]>;
  /** Deployments whose revision is. */
  readonly quarantined: readonly number[];
  readonly scaled: number;
  readonly window: { readonly openedAt: string; readonly closedAt: string | null };
  readonly spent: NonNullable<ServiceRecord["spent"]>;
  /** Since when the brake holds something back. */
  readonly brake: string;
  readonly lease: LeaseFact;
  /** A call to a provider that was announced, and whose result is not known. */
  readonly journal: Pick<Intent, "kind" | "replica" | "deployment" | "token" | "backend" | "openedAt">;
}

export type TargetFact =
  | "removal"
  | {
      readonly deployment: number;
      readonly fingerprint: string;
      readonly commit: string | null;
      readonly by: string;
      readonly at: string;
    };

export interface ReplicaFact extends Pick<
  ReplicaRecord,
  "num" | "deployment" | "token" | "status" | "backend" | "price"
> {
  readonly ready: boolean;
  /** Why it failed last. */
  readonly error: string | null;
}

export interface LeaseFact extends Pick<Lease, "acquiredAt" | "fence" | "handOver"> {
  readonly run: string;
  readonly attempt: number;
  readonly host: string | null;
}

/** Compares two states. Pure: equal states differ in nothing. */
export function diffStates(from: Snapshot, to: Snapshot): StateDiff {
  const names = [...new Set([...from.services.keys(), ...to.services.keys()])].toSorted();
  const services = names.flatMap((name) => {
    const [before, after] = [from.services.get(name) ?? noState, to.services.get(name) ?? noState];
    const facts = factsOf(before, after);
    return facts.length === 0 ? [] : [{ name, change: changeOf(before, after), facts }];
  });
  const momentOf = ({ commit, generation }: Snapshot): StateDiff["from"] => ({ commit, generation });
  return { from: momentOf(from), to: momentOf(to), services };
}

function changeOf(before: ServiceState, after: ServiceState): ServiceDiff["change"] {
  if (before.record === null && after.record !== null) return "came";
  return before.record !== null && after.record === null ? "went" : "changed";
}

function factsOf(before: ServiceState, after: ServiceState): readonly FactDiff[] {
  const [was, is] = [before.record, after.record];
  return [
    ...compared("target", targetOf(was), targetOf(is)),
    ...compared("current", was?.current ?? null, is?.current ?? null),
    ...compared("settled", settledOf(was), settledOf(is)),
    ...keyed("replica", replicasOf(was), replicasOf(is)),
    ...compared("verdict", verdictOf(was), verdictOf(is)),
    ...compared("paused", was?.paused ?? null, is?.paused ?? null),
    ...compared("quarantined", quarantinedOf(was), quarantinedOf(is)),
    ...compared("scaled", was?.scaled?.count ?? null, is?.scaled?.count ?? null),
    ...compared("window", windowOf(was), windowOf(is)),
    ...compared("spent", was?.spent ?? null, is?.spent ?? null),
    ...compared("brake", was?.brake?.heldSince ?? null, is?.brake?.heldSince ?? null),
    ...compared("lease", leaseOf(before.lease), leaseOf(after.lease)),
    ...keyed("journal", journalOf(before.intents), journalOf(after.intents)),
  ];
}

function compared<About extends keyof Facts>(
  about: About,
  before: Facts[About] | null,
  after: Facts[About] | null,
): readonly Differing<About>[] {
  return isSameJson(before, after) ? [] : [{ about, before, after }];
}

function keyed<About extends keyof Facts>(
  about: About,
  before: ReadonlyMap<string, Facts[About]>,
  after: ReadonlyMap<string, Facts[About]>,
): readonly Differing<About>[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => compared(about, before.get(key) ?? null, after.get(key) ?? null));
}

function targetOf(record: ServiceRecord | null): TargetFact | null {
  if (record === null) return null;
  if (record.target === null) return "removal";
  const { deployment, fingerprint, commit, by, acceptedAt } = record.target;
  return { deployment, fingerprint, commit, by, at: acceptedAt };
}

function settledOf(record: ServiceRecord | null): Facts["settled"] | null {
  const settled = (record?.deployments ?? []).flatMap(({ num, settledAt }) =>
    settledAt === null ? [] : [{ deployment: num, at: settledAt }],
  );
  return settled.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1) ?? null;
}

function replicasOf(record: ServiceRecord | null): ReadonlyMap<string, ReplicaFact> {
  const replicas = (record?.replicas ?? []).toSorted((a, b) => a.num - b.num || a.deployment - b.deployment);
  return new Map(
    replicas.map(({ num, deployment, token, status, backend, price, readyAt, error }) => [
      token,
      { num, deployment, token, status, backend, price, ready: readyAt !== null, error: error?.message ?? null },
    ]),
  );
}

function verdictOf(record: ServiceRecord | null): Facts["verdict"] | null {
  if (record === null || record.verdict === null) return null;
  const { code, message, deployment, at } = record.verdict;
  return { code, message, deployment, at };
}

function quarantinedOf(record: ServiceRecord | null): readonly number[] | null {
  const quarantined = (record?.quarantined ?? []).map(({ deployment }) => deployment);
  return quarantined.length === 0 ? null : quarantined;
}

function windowOf(record: ServiceRecord | null): Facts["window"] | null {
  return record === null || record.window === null
    ? null
    : { openedAt: record.window.openedAt, closedAt: record.window.closedAt };
}

function leaseOf(lease: Lease | null): LeaseFact | null {
  if (lease === null) return null;
  const { owner, acquiredAt, fence, handOver } = lease;
  return { run: owner.run, attempt: owner.attempt, host: owner.host, acquiredAt, fence, handOver };
}

function journalOf(intents: readonly Intent[]): ReadonlyMap<string, Facts["journal"]> {
  return new Map(
    intents.map(({ kind, replica, deployment, token, backend, openedAt }) => [
      `${kind} ${token}`,
      { kind, replica, deployment, token, backend, openedAt },
    ]),
  );
}
