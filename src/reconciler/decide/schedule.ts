import { nextOccurrence } from "../../config/cron-occurrence.ts";
import { type Cron, parseCron } from "../../config/cron.ts";
import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { Window } from "../../state/progress.ts";
import type { ReplicaRecord, ServiceRecord, Target } from "../../state/record.ts";
import { currentDeployment, deploymentOf, isAlive, isServing, note, wake } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { usualStart } from "./starts.ts";

/** Whether the service is to be up as far as time is concerned: within a window of its schedule that neither `max_duration` nor `utilization_policy` has closed. */
export function isUp(record: ServiceRecord): boolean {
  const { spec } = currentDeployment(record);
  const { schedule } = spec;
  const { window } = record;
  if (schedule === null && !mayClose(spec)) return true;
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

/** Whether something closes the window once it is open. */
function mayClose(spec: ServiceSpec): boolean {
  return windowLength(spec) !== Infinity || spec.utilization_policy !== null;
}

const crons = new WeakMap<ServiceSpec, readonly Cron[]>();

/** The crons of a spec, which parsing has checked. The same spec has the same ones, however many passes ask. */
export function cronsOf(spec: ServiceSpec): readonly Cron[] {
  const known = crons.get(spec);
  if (known !== undefined) return known;
  const read = [...new Set(spec.schedule?.cron ?? [])].flatMap((expression) => {
    const parsed = parseCron(expression);
    return parsed.ok ? [parsed.cron] : [];
  });
  crons.set(spec, read);
  return read;
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
  const adopted = window === null ? windowOfServing(draft.record, context) : null;
  if (adopted !== null) return close(withWindow(draft, adopted), spec, context);
  const length = windowLength(spec);
  const after = window === null ? fromTimestamp(target.acceptedAt) : endOf(window, target, length);
  const fire = currentFire(cronsOf(spec), { after, length: Math.min(length, catchUp(context)), now: context.now });
  if (fire === null) return draft;
  const lead = leadOf(draft.record, context);
  if (fire - lead > context.now) return wake(draft, fire - lead);
  const opened = { openedAt: toTimestamp(fire), seenAt: toTimestamp(context.now), closedAt: null };
  const late = Math.round((context.now - fire) / 1000);
  const when = late >= 60 ? `, ${late} s late` : late < 0 ? `, ${-late} s ahead to be ready then` : "";
  const text = `begins by its schedule of ${opened.openedAt}${when}`;
  // Its end may be what there is to wake for.
  return close(note(withWindow(draft, opened), "note", null, text), spec, context);
}

/** How long before its window a service is started, in milliseconds: as long as a start is expected to take by the recent ones, in whole seconds, or as the policy says. */
function leadOf(record: ServiceRecord, { policy }: Pick<Context, "policy">): number {
  const { lead } = policy.schedule;
  if (lead !== "auto") return lead * 1000;
  const usual = usualStart(record.starts, currentDeployment(record).spec);
  return usual === null ? 0 : Math.ceil(usual.run + usual.ready) * 1000;
}

/** How long after its beginning a window that nobody saw is still opened, in milliseconds. */
function catchUp({ policy }: Context): number {
  return policy.schedule.catchUp === null ? Infinity : policy.schedule.catchUp * 1000;
}

/** After going back, what this deployment started in a window still serves in it, though an edit has forgotten the window. */
function windowOfServing(record: ServiceRecord, context: Context): Window | null {
  const deployment = currentDeployment(record);
  if (deployment.settledAt === null) return null;
  const first = firstRunning(
    record.replicas.filter((replica) => isServing(replica) && replica.deployment === record.current),
  );
  return first === null ? null : { openedAt: first, seenAt: toTimestamp(context.now), closedAt: null };
}

/** From when on another window may begin: this one may have been closed before its time, or an edit has taken its end away. */
export function endOf(
  { openedAt, closedAt, idle }: Window,
  { acceptedAt }: Pick<Target, "acceptedAt">,
  length: number,
): number {
  if (length !== Infinity && idle === undefined) return fromTimestamp(openedAt) + length;
  return Math.max(fromTimestamp(closedAt ?? openedAt), fromTimestamp(acceptedAt));
}

/** Windows that nobody saw and that are followed one by one; after more of them it matters no more which came to overlap. */
const mostMissed = 20;

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
  if (!mayClose(spec)) return record.window === null ? draft : withWindow(draft, null);
  if (record.window !== null) return draft;
  // What served before the edit is neither of its run nor of its time.
  const { run } = currentDeployment(record);
  const first = firstRunning(
    record.replicas.filter((each) => isAlive(each) && deploymentOf(record, each.deployment).run === run),
  );
  if (first === null || record.target === null) return draft;
  const openedAt = fromTimestamp(first) < fromTimestamp(record.target.acceptedAt) ? record.target.acceptedAt : first;
  return close(withWindow(draft, { openedAt, seenAt: toTimestamp(context.now), closedAt: null }), spec, context);
}

function firstRunning(replicas: readonly ReplicaRecord[]): string | null {
  const begun = replicas.flatMap(({ runningAt }) => runningAt ?? []);
  return begun.toSorted((a, b) => fromTimestamp(a) - fromTimestamp(b))[0] ?? null;
}

function withWindow(draft: Draft, window: Window | null): Draft {
  return { ...draft, record: { ...draft.record, window } };
}
