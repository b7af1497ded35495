import { type ServiceSource, whereWritten } from "../config/parse.ts";
import { policyFor } from "../config/settings.ts";
import type { PropertyChange } from "../diff/compare.ts";
import { diffRevisions } from "../diff/compare.ts";
import type { ServiceRecord } from "../state/record.ts";
import { acceptRevision, servingDeployment, wantedCount } from "./accept.ts";
import type { Replacement, Revision } from "./accept.ts";
import { chooseStrategy } from "./choose-strategy.ts";
import type { Shortage } from "./choose-strategy.ts";
import { currentDeployment, isAlive, isOver, isQuarantined } from "./decide/draft.ts";
import { isKnownToServe } from "./decide/go-back.ts";
import { othersOf } from "./decide/others.ts";
import type { Others } from "./decide/others.ts";
import { knownRepos } from "./known-repos.ts";
import { noSupply } from "./observed.ts";
import { cadenceReasons } from "./plan-cadence.ts";
import type { DesiredService, PlanAction, PlanInput, PlannedChange, PlannedService } from "./plan-document.ts";
import { drainReasons, reasonsFor, refusalOf, safetyOf } from "./plan-reasons.ts";
import { timeReasons } from "./plan-schedule.ts";
import { shownStrategy, strategyReason } from "./plan-strategy.ts";
import type { Scene } from "./rehearsal.ts";
import { rehearseWithin } from "./rehearse-within.ts";
import { revisionOf } from "./revision-of.ts";

/** What becomes of a service that is desired: compared with what serves, and rehearsed where anything changes. */
export function planService(
  desired: DesiredService,
  input: PlanInput,
  shortage: Shortage | null = null,
): PlannedService {
  const { source, contents } = desired;
  const record = input.snapshot.services.get(source.spec.name)?.record ?? null;
  const running = record === null || record.target === null ? null : record;
  const repos = running === null ? desired.repos : knownRepos(desired.repos, servingDeployment(running).repos ?? []);
  const revision = revisionOf({ source, contents, repos }, input.commit);
  const difference = running === null ? null : diffRevisions(servingDeployment(running), revision);
  const action =
    running === null || difference === null ? "create" : acceptedAgain(running, revision, difference.action);
  const changes = (difference?.changes ?? []).map((change) => located(change, source));
  const replacement: Replacement = action === "restart" ? "whole-run" : "where-jobs-differ";
  const held = heldBecause(record, revision, input);
  const planned: PlannedService = {
    ...outline(source.spec.name, record),
    file: source.file,
    action: held === null ? action : "none",
    changes: held === null ? changes : [],
    revision,
    contents,
    repos,
    replacement,
    held,
    replicas: { current: (record?.replicas ?? []).filter(isAlive).length, ...source.spec.replicas },
  };
  return planned.action === "none" ? planned : rehearsed(planned, { record, input, shortage });
}

/** A service that nothing becomes of. */
export function outline(name: string, record: ServiceRecord | null): PlannedService {
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
    repos: [],
    replacement: "where-jobs-differ",
  };
}

/**
 * An edit that changes nothing of what serves still takes the place of a revision that was accepted since, whether it was
 * taken back or is still on its way; and one that never served, and is wanted again, is tried again.
 */
function acceptedAgain(record: ServiceRecord, revision: Revision, action: PlanAction): PlanAction {
  if (action !== "none" || record.target === null) return action;
  const target = record.deployments.find((deployment) => deployment.num === record.target?.deployment);
  if (target === undefined || diffRevisions(target, revision).action !== "none") return "update";
  return isOver(record, target) ? "rolling" : "none";
}

function located(change: PropertyChange, source: ServiceSource): PlannedChange {
  const place = whereWritten(source, change.path) ?? whereWritten(source, change.property);
  return { ...change, file: place?.file ?? null, line: place?.line ?? null };
}

function heldBecause(record: ServiceRecord | null, revision: Revision, input: PlanInput): string | null {
  if (record === null) return null;
  // Also one that is being removed: nothing is made of it before it is resumed.
  if (record.paused !== null) return `paused by ${record.paused.by}`;
  const { target } = record;
  if (target === null) return null;
  if (!isQuarantined(record, target) || target.fingerprint !== revision.fingerprint || input.byHand) return null;
  if (input.commit !== null && input.commit !== target.commit) return null;
  return `this revision is quarantined: deployment ${target.deployment} was unhealthy. Fix it, or lift it with \`retry ${revision.spec.name}\``;
}

interface Circumstances {
  readonly record: ServiceRecord | null;
  readonly input: PlanInput;
  readonly shortage: Shortage | null;
}

function rehearsed(planned: PlannedService, { record, input, shortage }: Circumstances): PlannedService {
  const { revision } = planned;
  if (revision === null) return planned;
  const supply = input.supply.get(planned.name) ?? noSupply;
  const policy = policyFor(input.policy, planned.name);
  const wanted = wantedCount(record, revision);
  const exchanges = planned.action === "rolling" || planned.action === "restart";
  const { replacement } = planned;
  const acceptance = { by: "", planId: "", now: input.now, generation: input.snapshot.generation };
  const next = acceptRevision(record, revision, replacement, acceptance);
  const bringsBack = isKnownToServe(next, currentDeployment(next));
  const choice = exchanges
    ? chooseStrategy(policy, { record, replacement, wanted, supply, shortage: shortage?.why ?? null, bringsBack })
    : { strategy: "surge" as const, replacement, why: "" };
  const { strategy } = choice;
  const accepted = exchanges ? acceptRevision(record, revision, choice.replacement, { ...acceptance, strategy }) : next;
  const offer = supply.offers[0];
  const refusal = refusalOf(revision, supply, input);
  // What will not be done has no timeline.
  const standing = planned.replicas.current > 0;
  const scene: Scene = {
    policy,
    now: input.now,
    offers: supply.offers,
    providers: input.providers,
    others: () => othersIn(input, planned.name, shortage),
  };
  const rehearsal = refusal !== null || (offer === undefined && !standing) ? null : rehearseWithin(accepted, scene);
  const each = (offer ?? supply.taken[0])?.price ?? record?.replicas.find(isAlive)?.price ?? 0;
  return {
    ...planned,
    replacement: choice.replacement,
    deployment: { from: record?.current ?? null, to: accepted.current },
    strategy: exchanges ? shownStrategy(choice) : null,
    offers: [...supply.offers, ...supply.taken],
    rehearsal,
    safety: safetyOf(rehearsal, Math.min(accepted.target?.served ?? 0, wanted)),
    price: {
      before: planned.price.before,
      after: wanted * each,
      max: Math.max(planned.price.before, (rehearsal?.peak ?? 0) * each, revision.spec.replicas.max * each),
    },
    reasons: [
      ...(exchanges ? [strategyReason(choice, { policy, wanted, rehearsal })] : []),
      ...reasonsFor(planned, supply, rehearsal),
      ...drainReasons(rehearsal, policy),
      ...cadenceReasons(planned.action, revision.spec, policy),
      ...timeReasons(revision.spec, input.now),
    ],
    refusal,
  };
}

/** As they are now; where the money is short, as what is planned makes them. */
function othersIn({ snapshot, now }: PlanInput, name: string, shortage: Shortage | null): Others {
  const others = othersOf(snapshot, name, now);
  return shortage === null ? others : { ...others, hourly: shortage.others };
}

function priceOf(record: ServiceRecord | null): number {
  return (record?.replicas ?? []).filter(isAlive).reduce((sum, replica) => sum + replica.price, 0);
}
