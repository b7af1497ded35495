import { formatPrice } from "../lib/format-price.ts";
import type { Point, Rehearsal, TimelineEvent } from "../reconciler/rehearsal.ts";
import { formatElapsed } from "./format.ts";
import { table } from "./table.ts";

/** Moments that are shown of a long rollout: of its beginning, and of its end. */
const shownMoments = { first: 5, last: 2 } as const;

/** How a rollout goes: in sum, at worst, and step by step. */
export function timelineText(rehearsal: Rehearsal, verbose: boolean): readonly string[] {
  const { timeline, worst } = rehearsal;
  const shown = verbose ? timeline : timeline.filter(({ event }) => event !== "running" && event !== "wait");
  return [sumText(rehearsal), ...(worst === null ? [] : [worstText(worst)]), ...stepsTable(shown, rehearsal, verbose)];
}

function sumText({ seconds, end, peak, points, fewestServing, reducedSeconds, extraCost }: Rehearsal): string {
  const served = (points[0]?.serving ?? 0) > 0;
  const reduced = `as few as ${fewestServing} serving, too few for ${formatElapsed(reducedSeconds)}`;
  const capacity = reducedSeconds > 0 ? [reduced] : served ? [`never fewer than ${fewestServing} serving`] : [];
  const cost = extraCost >= 0.00005 ? [`${formatPrice(extraCost)} beside the usual rate`] : [];
  const waits = end === "waiting" ? ["and then it waits"] : [];
  const parts = [formatElapsed(seconds), `at most ${count(peak, "instance")} at once`, ...capacity, ...cost, ...waits];
  return `  Rehearsed: ${parts.join(", ")}`;
}

const failures = { "turns-bad": "begins to fail its probes", dies: "ends" } as const;

function worstText({
  failure,
  end,
  fewestServing,
  reducedSeconds,
  extraSeconds,
}: NonNullable<Rehearsal["worst"]>): string {
  const { replica, deployment, kind, at } = failure;
  const what = `if replica ${replica} of deployment ${deployment} ${failures[kind]} at +${formatElapsed(at)}`;
  const serving = `${fewestServing} serving at the least${reducedSeconds > 0 ? ` (too few for ${formatElapsed(reducedSeconds)})` : ""}`;
  const longer = extraSeconds > 0 ? [`${formatElapsed(extraSeconds)} longer`] : [];
  return `  At worst, ${what}: ${[serving, ...longer, ...(ends[end] ?? [])].join(", ")}`;
}

const ends: Readonly<Partial<Record<Rehearsal["end"], readonly string[]>>> = {
  failed: ["and it goes back"],
  waiting: ["and then it waits"],
};

function stepsTable(events: readonly TimelineEvent[], rehearsal: Rehearsal, verbose: boolean): readonly string[] {
  const moments = momentsOf(stepsOf(events));
  if (moments.length === 0) return [];
  const paid = rehearsal.points.some(({ price }) => price > 0);
  const head = ["AT", "WHAT", "SERVING", "INSTANCES", ...(paid ? ["$/H"] : [])];
  const rows = moments.map((steps) => momentRows(steps, rehearsal.points, paid));
  const { first, last } = shownMoments;
  const hidden = moments.length - first - last;
  const kept =
    verbose || hidden <= 1
      ? rows
      : [...rows.slice(0, first), [["…", `${hidden} more moments; --verbose shows all`]], ...rows.slice(-last)];
  // A table takes rows of one length.
  const filled = kept.flat().map((row) => head.map((_, column) => row[column] ?? ""));
  return [table(head, filled)];
}

/** The moment on the first row, and how things are after it on the last. */
function momentRows(steps: readonly Step[], points: readonly Point[], paid: boolean): readonly (readonly string[])[] {
  return steps.map((step, index) => {
    const time = index === 0 ? `+${formatElapsed(step.at)}` : "";
    const point = index === steps.length - 1 ? points.findLast(({ at }) => at <= step.at) : undefined;
    if (point === undefined) return [time, stepText(step)];
    const { serving, instances, price } = point;
    return [time, stepText(step), String(serving), String(instances), ...(paid ? [formatPrice(price)] : [])];
  });
}

function momentsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  return [...new Set(steps.map(({ at }) => at))].map((at) => steps.filter((step) => step.at === at));
}

/** What happens to several replicas of a deployment at once. */
interface Step extends Omit<TimelineEvent, "replica"> {
  readonly replicas: readonly number[];
}

function stepsOf(events: readonly TimelineEvent[]): readonly Step[] {
  return events.reduce<readonly Step[]>((steps, { replica, ...event }) => {
    const last = steps.at(-1);
    const replicas = replica === null ? [] : [replica];
    const same =
      last !== undefined &&
      replica !== null &&
      last.at === event.at &&
      last.event === event.event &&
      last.deployment === event.deployment &&
      last.detail === event.detail;
    if (!same) return [...steps, { ...event, replicas }];
    return [...steps.slice(0, -1), { ...last, replicas: [...last.replicas, ...replicas] }];
  }, []);
}

function stepText({ event, replicas, deployment, detail }: Step): string {
  if (replicas.length === 0) return event === "verdict" ? `verdict ${detail}` : detail;
  const who = `${replicas.length === 1 ? "replica" : "replicas"} ${replicas.join(", ")} of deployment ${deployment ?? "-"}`;
  return event === "note" ? `${who}: ${detail}` : `${event} ${who}${event === "provision" ? "" : `: ${detail}`}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
