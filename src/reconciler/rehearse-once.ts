import { isSameJson } from "../lib/same.ts";
import type { ServiceRecord } from "../state/record.ts";
import { decide } from "./decide.ts";
import type { Decision, ServiceState } from "./decide.ts";
import { deploymentOf, isServing } from "./decide/draft.ts";
import { isEnd } from "./ends.ts";
import { assumedWrite } from "./expected-times.ts";
import { isMaterial } from "./material.ts";
import type { Point, Scene, TimelineEvent } from "./rehearsal.ts";
import { isWell } from "./rehearsed-instance.ts";
import { advance, existing, nextMoment, observedIn, openWorld, perform } from "./rehearsed-world.ts";
import type { Fault, RehearsedWorld } from "./rehearsed-world.ts";

/** More passes than any rollout needs: a rehearsal that does not end shows what it has. */
const mostPasses = 20_000;

/** Milliseconds after which what nothing becomes of is left waiting, beyond the deadline of rollouts. */
const patience = 10 * 60_000;

/** How one rehearsal went, moment by moment. */
export interface Course {
  readonly timeline: readonly TimelineEvent[];
  readonly end: ServiceState;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  /** Times of `at` in milliseconds since the epoch. */
  readonly points: readonly Point[];
  readonly stages: readonly Stage[];
}

/** How the record stood after a pass that changed it. */
export interface Stage {
  readonly at: number;
  readonly record: ServiceRecord;
  /** Where a rehearsal goes on from here. */
  readonly progress: Progress;
}

/** How far a rehearsal has come, after a pass. */
interface Progress {
  readonly world: RehearsedWorld;
  readonly now: number;
  readonly pass: number;
  readonly record: ServiceRecord;
  readonly stored: ServiceRecord;
  readonly leased: boolean;
  readonly changedAt: number;
  /** How much of the course's events and points had been then. */
  readonly told: number;
  readonly points: { readonly before: number; readonly last: Point | undefined };
}

/** Folds `decide` to its end over a world in which everything takes as long as expected. The passes are those of `settleService`. */
export function rehearseOnce(record: ServiceRecord, scene: Scene): Course {
  const world = openWorld(record, scene);
  const { now } = scene;
  const begin = { world, now, pass: 0, record, stored: record, leased: false, changedAt: now, told: 0 };
  return goOn({ ...begin, points: { before: 0, last: pointOf(world, record, now) } }, { timeline: [], points: [] });
}

/** The same course with a fault after one of its stages: up to there it goes as it did. */
export function rehearseWith(fault: Fault, stage: Stage, course: Course): Course {
  const { progress } = stage;
  return goOn({ ...progress, world: { ...progress.world, fault } }, course);
}

function goOn(progress: Progress, so: Pick<Course, "timeline" | "points">): Course {
  const timeline = so.timeline.slice(0, progress.told);
  const points = [
    ...so.points.slice(0, progress.points.before),
    ...(progress.points.last === undefined ? [] : [progress.points.last]),
  ];
  const stages: Stage[] = [];
  const { scene } = progress.world;
  let { world, now, record, stored, leased, changedAt } = progress;
  let end: ServiceState = "working";
  for (let { pass } = progress; pass < mostPasses; pass += 1) {
    world = advance(world, record, { now, pass });
    const observed = observedIn(world, record, { now, pass });
    const { policy, others } = scene;
    const decision: Decision = decide(record, { observed, policy, now, ...(others === undefined ? {} : { others }) });
    end = decision.state;
    const wrote = isWritten(stored, decision, leased);
    if (wrote) now += assumedWrite;
    timeline.push(...decision.notes.map((note) => ({ ...note, at: Math.round((now - scene.now) / 100) / 10 })));
    if (wrote || decision.notes.length > 0) changedAt = now;
    if (decision.record === null) {
      addPoint(points, { at: now, serving: 0, instances: existing(world, now).length, price: priceAt(world, now) });
      break;
    }
    if (wrote) ({ stored, leased } = { stored: decision.record, leased: true });
    record = decision.record;
    world = perform(world, decision.actions, now);
    addPoint(points, pointOf(world, record, now));
    if (wrote) {
      const told = { told: timeline.length, points: { before: points.length - 1, last: points.at(-1) } };
      const next = { world, now, pass: pass + 1, record, stored, leased, changedAt, ...told };
      stages.push({ at: now, record, progress: next });
    }
    if (isEnd(decision)) break;
    if (wrote) continue;
    const soonest = Math.min(nextMoment(world, record, { now, pass }), Math.max(now, decision.wakeAt ?? Infinity));
    // Nothing that is rehearsed makes money free again.
    if (decision.state === "waiting" && record.verdict?.code === "over-budget") break;
    const given = changedAt + scene.policy.rollout.deadline * 1000 + patience;
    if (soonest === Infinity || (decision.state === "waiting" && soonest > given)) break;
    now = soonest;
  }
  return { timeline, end, endedAt: changedAt, points, stages };
}

/** As `settleService` writes: before anything is done, and with the last pass. */
function isWritten(stored: ServiceRecord, decision: Decision, leased: boolean): boolean {
  if (isMaterial(stored, decision.record)) return true;
  if (isEnd(decision) && !isSameJson(stored, decision.record)) return true;
  return decision.actions.length > 0 && !leased;
}

function pointOf(world: RehearsedWorld, record: ServiceRecord, now: number): Point {
  const serving = record.replicas.filter(
    (replica) =>
      isServing(replica) &&
      deploymentOf(record, replica.deployment).run === record.run &&
      isWell(world.instances.get(replica.token), now),
  ).length;
  return { at: now, serving, instances: existing(world, now).length, price: priceAt(world, now) };
}

function priceAt(world: RehearsedWorld, now: number): number {
  return existing(world, now).reduce((sum, { replica }) => sum + replica.price, 0);
}

/** What is passed in no time is no point. */
function addPoint(points: Point[], point: Point): void {
  if (points.at(-1)?.at === point.at) points.pop();
  const last = points.at(-1);
  const same = last?.serving === point.serving && last.instances === point.instances && last.price === point.price;
  if (!same) points.push(point);
}
