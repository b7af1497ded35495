import { nextOccurrence } from "../../config/cron-occurrence.ts";
import { type Cron, parseCron } from "../../config/cron.ts";
import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { ServiceRecord, Window } from "../../state/record.ts";
import { currentDeployment, isAlive, note, wake } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";

/** Whether the service is to be up as far as time is concerned: within a window of its schedule, and not past `max_duration`. */
export function isUp(record: ServiceRecord): boolean {
  const { schedule } = currentDeployment(record).spec;
  const { window } = record;
  return window === null ? schedule === null : window.closedAt === null;
}

/**
 * Opens and closes the service's window. What counts is which windows the schedule has, never when somebody looked: late,
 * missing and doubled passes change nothing but how late a window was opened, which is recorded. As in the reference an
 * occurrence within a window opens none (facts §10).
 */
export function keepTime(draft: Draft, context: Context): Draft {
  const { spec } = currentDeployment(draft.record);
  const closed = close(draft, spec, context);
  return spec.schedule === null ? openFirst(closed, spec, context) : open(closed, spec, context);
}

/** How long a window is, in milliseconds. */
export function windowLength({ max_duration }: ServiceSpec): number {
  return typeof max_duration === "number" ? max_duration * 1000 : Infinity;
}

/** When a window of these begins next, at `from` or later, in milliseconds since the epoch. */
export function nextFire(crons: readonly Cron[], from: number): number | null {
  const fires = crons.flatMap((cron) => nextOccurrence(cron, from) ?? []);
  return fires.length === 0 ? null : Math.min(...fires);
}

/** The crons of a spec, which parsing has checked. */
export function cronsOf({ schedule }: ServiceSpec): readonly Cron[] {
  return (schedule?.cron ?? []).flatMap((expression) => {
    const parsed = parseCron(expression);
    return parsed.ok ? [parsed.cron] : [];
  });
}

function close(draft: Draft, spec: ServiceSpec, context: Context): Draft {
  const { window } = draft.record;
  if (window === null || window.closedAt !== null) return draft;
  const end = fromTimestamp(window.openedAt) + windowLength(spec);
  if (end === Infinity) return draft;
  if (context.now < end) return wake(draft, end);
  const closed = withWindow(draft, { ...window, closedAt: toTimestamp(context.now) });
  return note(closed, "note", null, `\`max_duration\` is over: it began at ${window.openedAt}`);
}

function open(draft: Draft, spec: ServiceSpec, context: Context): Draft {
  const { target, window } = draft.record;
  if (target === null || (window !== null && window.closedAt === null)) return draft;
  const length = windowLength(spec);
  const after = window === null ? fromTimestamp(target.acceptedAt) : fromTimestamp(window.openedAt) + length;
  const fire = currentFire(cronsOf(spec), { after, length, now: context.now });
  if (fire === null) return draft;
  if (fire > context.now) return wake(draft, fire);
  const opened = { openedAt: toTimestamp(fire), seenAt: toTimestamp(context.now), closedAt: null };
  const late = Math.round((context.now - fire) / 1000);
  const text = `begins by its schedule of ${opened.openedAt}${late < 60 ? "" : `, ${late} s late`}`;
  // Its end may be what there is to wake for.
  return close(note(withWindow(draft, opened), "note", null, text), spec, context);
}

/** Windows that nobody saw and that are followed one by one; after more of them it matters no more which came to overlap. */
const mostMissed = 1_000;

/** The beginning of the window that is open now, or of the next one. Windows that are over by now are passed over. */
function currentFire(
  crons: readonly Cron[],
  { after, length, now }: { readonly after: number; readonly length: number; readonly now: number },
): number | null {
  let from = after;
  for (let missed = 0; ; missed += 1) {
    const fire = nextFire(crons, missed === mostMissed ? Math.max(from, now - length + 1) : from);
    if (fire === null || fire > now || fire + length > now) return fire;
    from = fire + length;
  }
}

/** Without a schedule a service's time begins with its first replica that runs. */
function openFirst(draft: Draft, spec: ServiceSpec, context: Context): Draft {
  const { record } = draft;
  if (windowLength(spec) === Infinity) return record.window === null ? draft : withWindow(draft, null);
  if (record.window !== null) return draft;
  const begun = record.replicas.filter(isAlive).flatMap(({ runningAt }) => runningAt ?? []);
  const [first] = begun.toSorted((a, b) => fromTimestamp(a) - fromTimestamp(b));
  if (first === undefined) return draft;
  return close(withWindow(draft, { openedAt: first, seenAt: toTimestamp(context.now), closedAt: null }), spec, context);
}

function withWindow(draft: Draft, window: Window | null): Draft {
  return { ...draft, record: { ...draft.record, window } };
}
