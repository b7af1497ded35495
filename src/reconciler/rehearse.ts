import type { ServiceRecord } from "../state/record.ts";
import { extraCost, fewestServing, hourlyOf, peakOf, reducedSeconds } from "./course-figures.ts";
import { desiredReplicas } from "./decide/scale.ts";
import { expectationText } from "./expected-times.ts";
import type { Point, Rehearsal, Scene } from "./rehearsal.ts";
import { rehearseOnce } from "./rehearse-once.ts";
import type { Course } from "./rehearse-once.ts";
import { worstCase } from "./worst-case.ts";

/**
 * What a rollout does, when, and at what cost: `decide` folded to its end over a world in which everything takes as long as
 * it took the last times, so that what a plan shows is what passes will do; and once more with the worst single failure.
 */
export function rehearse(record: ServiceRecord, scene: Scene): Rehearsal {
  const course = rehearseOnce(record, scene);
  const backends = scene.offers.length > 0 ? scene.offers.slice(0, 1) : record.replicas;
  return {
    timeline: course.timeline,
    end: course.end,
    seconds: Math.round((course.endedAt - scene.now) / 1000),
    peak: peakOf(course),
    hourly: hourlyOf(course),
    fewestServing: fewestServing(course),
    reducedSeconds: reducedSeconds(course, keptBy(record)),
    points: shownPoints(course, scene),
    extraCost: extraCost(course),
    basis: expectationText(record, [...new Set(backends.map(({ backend }) => backend))]),
    worst: record.target === null ? null : worstCase(record, scene, course),
  };
}

/** How many replicas serve throughout where nothing is taken away meanwhile. */
function keptBy(record: ServiceRecord): number {
  if (record.target === null) return 0;
  return Math.min(record.target.served ?? record.target.floor, desiredReplicas(record));
}

/** In seconds to the tenth, one a moment: as things are once the passes of that moment are over. */
function shownPoints({ points }: Course, { now }: Scene): readonly Point[] {
  const rounded = points.map((point) => ({ ...point, at: Math.round((point.at - now) / 100) / 10 }));
  return rounded.filter((point, index) => rounded[index + 1]?.at !== point.at);
}
