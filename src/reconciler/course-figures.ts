import type { Course } from "./rehearse-once.ts";

/** Fewest replicas that serve at any moment. */
export function fewestServing({ points }: Course): number {
  return Math.min(...points.map((point) => point.serving));
}

/** Most instances that exist at one moment. */
export function peakOf({ points }: Course): number {
  return Math.max(...points.map((point) => point.instances));
}

/** Most $/hour at one moment. */
export function hourlyOf({ points }: Course): number {
  return Math.max(0, ...points.map(({ price }) => price));
}

/** Seconds for which fewer serve than are to. */
export function reducedSeconds(course: Course, floor: number): number {
  const reduced = spans(course).filter(({ serving }) => serving < floor);
  return Math.round(reduced.reduce((sum, { ms }) => sum + ms, 0) / 1000);
}

/** What is paid beyond the dearer of the rates before and after, in USD. */
export function extraCost(course: Course): number {
  const rates = [course.points[0]?.price ?? 0, course.points.at(-1)?.price ?? 0];
  const usual = Math.max(...rates);
  return spans(course).reduce((sum, { price, ms }) => sum + (Math.max(0, price - usual) * ms) / 3_600_000, 0);
}

function spans({ points, endedAt }: Course) {
  return points.map(({ at, serving, price }, index) => {
    const until = points[index + 1]?.at ?? Math.max(endedAt, at);
    return { serving, price, ms: until - at };
  });
}
