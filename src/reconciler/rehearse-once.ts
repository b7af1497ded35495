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
}

/** Folds `decide` to its end over a world in which everything takes as long as expected, but for one fault. The passes are those of `settleService`. */
export function rehearseOnce(record: ServiceRecord, scene: Scene, fault: Fault | null): Course {
  let world = openWorld(record, scene, fault);
  let now = scene.now;
  let stored = record;
  let leased = false;
  let next = record;
  let changedAt = now;
  let end: ServiceState = "working";
  const timeline: TimelineEvent[] = [];
  const stages: Stage[] = [];
  const points: Point[] = [pointOf(world, record, now)];
  for (let pass = 0; pass < mostPasses; pass += 1) {
    world = advance(world, next, { now, pass });
    const observed = observedIn(world, next, { now, pass });
    const { policy, others } = scene;
    const decision: Decision = decide(next, { observed, policy, now, ...(others === undefined ? {} : { others }) });
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
    if (wrote) stages.push({ at: now, record: decision.record });
    next = decision.record;
    world = perform(world, decision.actions, now);
    addPoint(points, pointOf(world, next, now));
    if (isEnd(decision)) break;
    if (wrote) continue;
    const soonest = Math.min(nextMoment(world, next, { now, pass }), Math.max(now, decision.wakeAt ?? Infinity));
    // Nothing that is rehearsed makes money free again.
    if (decision.state === "waiting" && next.verdict?.code === "over-budget") break;
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
