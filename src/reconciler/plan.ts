import type { Offer } from "../backends/backend.ts";
import type { PinnedContent } from "../config/files.ts";
import type { JobFile } from "../config/job.ts";
import type { ServiceSource } from "../config/parse.ts";
import type { Policy } from "../config/settings.ts";
import type { PropertyChange } from "../diff/compare.ts";
import { diffRevisions } from "../diff/compare.ts";
import { digest } from "../lib/digest.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { acceptRemoval, acceptRevision, servingDeployment } from "./accept.ts";
import type { Replacement, Revision } from "./accept.ts";
import { isAlive, isServing } from "./decide/draft.ts";
import type { Supply } from "./observed.ts";
import { rehearse } from "./rehearse.ts";
import type { Rehearsal, TimelineEvent } from "./rehearse.ts";

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
  readonly strategy: "surge" | "beside" | null;
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
  readonly replacement: Replacement;
}

export interface Plan {
  /** Of everything that somebody who consents to it consents to. */
  readonly id: string;
  readonly base: string | null;
  readonly ref: string | null;
  readonly services: readonly PlannedService[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface DesiredService {
  readonly source: ServiceSource;
  readonly contents: readonly PinnedContent[];
}

export interface PlanInput {
  readonly desired: readonly DesiredService[];
  /** Services that are recorded, no longer desired, and therefore to be destroyed. */
  readonly removed: readonly string[];
  readonly snapshot: Snapshot;
  readonly supply: ReadonlyMap<string, Supply>;
  readonly policy: Policy;
  readonly tokens: boolean;
  readonly ref: string | null;
  readonly commit: string | null;
  /** By hand, a quarantined revision is tried again; by a workflow only with a newer commit. */
  readonly byHand: boolean;
  readonly now: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** What is to become of every service. Pure: the same input gives the same plan. */
export function makePlan(input: PlanInput): Plan {
  const services = [
    ...input.desired.map((service) => planService(service, input)),
    ...input.removed.flatMap((name) => planRemoval(name, input)),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const id = digest({ services: services.map((service) => contractOf(service, input)), policy: input.policy });
  return { id, base: input.snapshot.commit, ref: input.ref, services, diagnostics: input.diagnostics };
}

function contractOf(service: PlannedService, input: PlanInput): unknown {
  const record = input.snapshot.services.get(service.name)?.record ?? null;
  const { name, action, safety, revision } = service;
  return {
    name,
    action,
    safety,
    effects: service.changes.map(({ path, effect }) => [path, effect]),
    desired: revision === null ? null : [revision.fingerprint, revision.files.map(({ path, content }) => [path, content])],
    recorded: record?.target?.fingerprint ?? null,
  };
}

function planService(desired: DesiredService, input: PlanInput): PlannedService {
  const { source, contents } = desired;
  const record = input.snapshot.services.get(source.spec.name)?.record ?? null;
  const revision: Revision = { spec: source.spec, fingerprint: source.fingerprint, files: contents.map(withoutEntries), file: source.file, commit: input.commit };
  const running = record === null || record.target === null ? null : record;
  const difference = running === null ? null : diffRevisions(servingDeployment(running), revision);
  const action = difference?.action ?? "create";
  const changes = (difference?.changes ?? []).map((change) => located(change, source));
  const replacement: Replacement = action === "restart" ? "whole-run" : "where-jobs-differ";
  const held = heldBecause(running, revision, input);
  const planned: PlannedService = {
    ...outline(source.spec.name, record),
    file: source.file,
    action: held === null ? action : "none",
    changes: held === null ? changes : [],
    revision,
    contents,
    replacement,
    held,
    replicas: { current: (record?.replicas ?? []).filter(isAlive).length, ...source.spec.replicas },
  };
  return planned.action === "none" ? planned : rehearsed(planned, record, input);
}

function withoutEntries({ local_path, path, content, kind }: PinnedContent): JobFile {
  return { local_path, path, content, kind };
}

function outline(name: string, record: ServiceRecord | null): PlannedService {
  const price = priceOf(record);
  return {
    name,
    file: null,
    action: "none",
    deployment: { from: record?.current ?? null, to: record?.current ?? null },
    strategy: null,
    changes: [],
    replicas: { current: (record?.replicas ?? []).filter(isAlive).length, min: 0, max: 0 },
    price: { before: price, after: price, max: price },
    offers: [],
    rehearsal: null,
    safety: "kept",
    reasons: [],
    refusal: null,
    held: null,
    revision: null,
    contents: [],
    replacement: "where-jobs-differ",
  };
}

function located(change: PropertyChange, source: ServiceSource): PlannedChange {
  const path = [change.path, change.property].find((each) => source.has(each));
  const place = path === undefined ? null : source.locate(path);
  return { ...change, file: place === null ? null : source.file, line: place?.line ?? null };
}

function heldBecause(record: ServiceRecord | null, revision: Revision, input: PlanInput): string | null {
  if (record === null || record.target === null) return null;
  if (record.paused !== null) return `paused by ${record.paused.by}`;
  const { target } = record;
  const quarantined = record.quarantined.some((entry) => entry.fingerprint === target.fingerprint && entry.acceptance === target.acceptance);
  if (!quarantined || target.fingerprint !== revision.fingerprint || input.byHand) return null;
  if (input.commit !== null && input.commit !== target.commit) return null;
  return `this revision is quarantined: deployment ${target.deployment} was unhealthy. Fix it, or lift it with \`retry ${revision.spec.name}\``;
}

function rehearsed(planned: PlannedService, record: ServiceRecord | null, input: PlanInput): PlannedService {
  const { revision } = planned;
  if (revision === null) return planned;
  const supply = input.supply.get(planned.name) ?? { offers: [], refusal: null, missingEnv: [] };
  const acceptance = { by: "", planId: "", now: input.now, generation: input.snapshot.generation };
  const accepted = acceptRevision(record, revision, planned.replacement, acceptance);
  const offer = supply.offers[0];
  const rehearsal = offer === undefined ? null : rehearse(accepted, { policy: input.policy, now: input.now, offers: supply.offers });
  const each = offer?.price ?? 0;
  const before = (record?.replicas ?? []).filter(isServing).length;
  return {
    ...planned,
    deployment: { from: record?.current ?? null, to: accepted.current },
    strategy: planned.action === "restart" ? "beside" : planned.action === "rolling" ? "surge" : null,
    offers: supply.offers,
    rehearsal,
    safety: safetyOf(rehearsal, Math.min(before, revision.spec.replicas.min)),
    price: { before: planned.price.before, after: revision.spec.replicas.min * each, max: Math.max(planned.price.before, (rehearsal?.peak ?? 0) * each) },
    reasons: reasonsFor(planned, supply, rehearsal),
    refusal: refusalOf(revision, supply, input),
  };
}

function safetyOf(rehearsal: Rehearsal | null, floor: number): PlannedService["safety"] {
  if (rehearsal === null || rehearsal.fewestServing >= floor) return "kept";
  return rehearsal.fewestServing === 0 ? "away" : "reduced";
}

function refusalOf(revision: Revision, supply: Supply, input: PlanInput): string | null {
  if (supply.refusal !== null) return supply.refusal;
  if (revision.spec.auth && !input.tokens) {
    return "`auth` is true (the default), and no token is set: set DSTACK_TOKEN, or name the variables that hold tokens under `auth.tokens` in .dstack/gitops.yml, or set `auth: false`";
  }
  return null;
}

function reasonsFor(planned: PlannedService, supply: Supply, rehearsal: Rehearsal | null): readonly Reason[] {
  const { revision, action } = planned;
  const reasons: Reason[] = [];
  if (action === "rolling") reasons.push({ about: "strategy", text: "surge: one new replica at a time is started and must be ready before an old one leaves" });
  if (action === "restart") reasons.push({ about: "strategy", text: "the edit cannot be rolled: a whole new run is started beside the old one and takes over at once when all of it is ready" });
  if (revision !== null && revision.spec.probes.length === 0 && action !== "update") {
    reasons.push({ about: "probes", text: "no probes: a replica counts as ready when it answers HTTP at all" });
  }
  if (supply.missingEnv.length > 0) reasons.push({ about: "env", text: `unknown here: ${supply.missingEnv.join(", ")}` });
  if (rehearsal !== null) reasons.push({ about: "timeline", text: "rehearsed with assumed times: 1 s to run, 4 s to ready, 1 s to end" });
  return reasons;
}

function planRemoval(name: string, input: PlanInput): readonly PlannedService[] {
  const record = input.snapshot.services.get(name)?.record ?? null;
  if (record === null || record.target === null) return [];
  const rehearsal = rehearse(acceptRemoval(record), { policy: input.policy, now: input.now, offers: [] });
  const base = outline(name, record);
  const file = record.deployments.at(-1)?.file ?? null;
  const held = record.paused === null ? null : `paused by ${record.paused.by}`;
  return [
    {
      ...base,
      file,
      action: held === null ? "destroy" : "none",
      deployment: { from: record.current, to: null },
      price: { ...base.price, after: 0 },
      rehearsal,
      safety: "away",
      held,
      reasons: [{ about: "destroy", text: `${file ?? "its service file"} is gone` }],
    },
  ];
}

function priceOf(record: ServiceRecord | null): number {
  return (record?.replicas ?? []).filter(isAlive).reduce((sum, replica) => sum + replica.price, 0);
}

export function timelineOf(planned: PlannedService): readonly TimelineEvent[] {
  return planned.rehearsal?.timeline ?? [];
}
