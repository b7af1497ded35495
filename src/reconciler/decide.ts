import type { ObservedInstance } from "../backends/backend.ts";
import type { Spent } from "../state/progress.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import { absorb } from "./decide/absorb.ts";
import { braked } from "./decide/brake.ts";
import { withCallTimes } from "./decide/called.ts";
import { isHeldBack } from "./decide/casualties.ts";
import { charged } from "./decide/charge.ts";
import type { Context, Decider, Draft, Note } from "./decide/draft.ts";
import { currentDeployment, isAlive, isOver } from "./decide/draft.ts";
import { drained, wakeAtDrains } from "./decide/drain.ts";
import { endIdle } from "./decide/end-idle.ts";
import { isFinal } from "./decide/final.ts";
import { finish, isComplete } from "./decide/finish.ts";
import { judge } from "./decide/judge.ts";
import { remove } from "./decide/removal.ts";
import { renumber } from "./decide/renumber.ts";
import { callable, rollOut } from "./decide/rollout.ts";
import { desiredReplicas, scale } from "./decide/scale.ts";
import { keepTime } from "./decide/schedule.ts";
import { waitsIn } from "./decide/stuck.ts";
import { isInDoubt } from "./decide/unlisted.ts";

/** What is to be done for one service, and what is to be remembered of it before anything is done. */
export interface Decision {
  /** `null`: the service is gone, and so is its record. */
  readonly record: ServiceRecord | null;
  readonly actions: readonly Action[];
  readonly notes: readonly Note[];
  /** When to look again though nothing happens, in milliseconds since the epoch; `null`: whenever. */
  readonly wakeAt: number | null;
  readonly state: ServiceState;
  /** Of a service that is gone: what it has cost in a month. Absent: nothing. */
  readonly ended?: Spent | undefined;
}

/** Both are idempotent: an action that was begun before is asked for again until its effect is seen. */
export type Action =
  | { readonly kind: "provision"; readonly replica: ReplicaRecord }
  | { readonly kind: "terminate"; readonly replica: ReplicaRecord };

/**
 * How far a service has come. `working`: passes go on; `waiting`: for something that no pass can bring about;
 * `state-older`: what runs is newer than the record, so that nothing of it is changed;
 * `settled`, `unproven` (settled, with no replica wanted), `failed` (a verdict stands, and nothing is under way) and `held` (paused) are ends.
 */
export type ServiceState =
  | "working"
  | "waiting"
  | "state-older"
  | "settled"
  | "unproven"
  | "failed"
  | "held"
  | "removed";

const ladder: readonly Decider[] = [
  charged(braked(absorb, judge)),
  keepTime,
  endIdle,
  scale,
  renumber,
  rollOut,
  wakeAtDrains,
  finish,
];
const removal: readonly Decider[] = [charged(absorb), remove, wakeAtDrains];

/**
 * Decides one pass for one service. Pure and level-triggered: it looks at how things are, never at what woke it, so that
 * any later pass continues what an earlier one began.
 */
export function decide(record: ServiceRecord, context: Context): Decision {
  const start: Draft = { record, notes: [], wakeAt: null };
  if (record.paused !== null) return { record, actions: [], notes: [], wakeAt: null, state: "held" };
  const { strangers = [] } = context.observed;
  if (strangers.length > 0) return untouched(record, strangers);
  const end = climb(start, context);
  if (end.record.target === null && end.record.replicas.length === 0) {
    const gone = { record: null, actions: [], notes: end.notes, wakeAt: null, state: "removed" } as const;
    return { ...gone, ended: end.record.spent };
  }
  const actions = actionsOf(record, end.record, context);
  const notes = [...end.notes, ...callNotes(record, end.record, actions)];
  const next = withCallTimes({ before: record, after: end.record }, actions, context);
  return { record: next, actions, notes, wakeAt: end.wakeAt, state: stateOf(end.record, context) };
}

/** What runs was started by a state that knows more: acting on this one would do it a second time, or end what another needs. */
function untouched(record: ServiceRecord, strangers: readonly ObservedInstance[]): Decision {
  const notes = strangers.map(({ replica, deployment, token }) => {
    const detail = `${token} runs and is not recorded: nothing of the service is changed`;
    return { event: "wait", replica, deployment, detail } as const;
  });
  return { record, actions: [], notes, wakeAt: null, state: "state-older" };
}

function climb(start: Draft, context: Context): Draft {
  const steps = start.record.target === null ? removal : ladder;
  // Where a part of the service cannot be seen, what can be seen is taken over, and nothing is changed.
  const blind = start.record.replicas.some((replica) => context.observed.blind.has(replica.backend));
  return (blind ? [charged(braked(absorb))] : steps).reduce(
    (draft, step) => step(draft, knownOf(draft, start, context)),
    start,
  );
}

/** What can be had was asked for the deployment that the pass began with: of the one that it goes back to nothing is known yet. */
function knownOf(draft: Draft, start: Draft, context: Context): Context {
  if (draft.record.current === start.record.current) return context;
  return { ...context, observed: { ...context.observed, supply: null } };
}

function actionsOf(before: ServiceRecord, record: ServiceRecord, context: Context): readonly Action[] {
  // Where a repeated call could make a second instance, only the pass that announced it makes it.
  const mayCall = (replica: ReplicaRecord): boolean =>
    context.observed.dedupes.get(replica.backend) === true ||
    !before.replicas.some((other) => other.token === replica.token);
  const announced = record.replicas.filter(
    (replica) => replica.status === "submitted" && !context.observed.blind.has(replica.backend) && mayCall(replica),
  );
  const provisions = record.target === null ? [] : callable(record, announced);
  return [
    ...provisions.map((replica) => ({ kind: "provision", replica }) as const),
    ...drained(record, context).map((replica) => ({ kind: "terminate", replica }) as const),
  ];
}

/** What is called for, and what is announced and has to wait for another to be gone. */
function callNotes(before: ServiceRecord, record: ServiceRecord, actions: readonly Action[]): readonly Note[] {
  const called = new Set(actions.flatMap((action) => (action.kind === "provision" ? [action.replica.token] : [])));
  return record.replicas.flatMap((replica): readonly Note[] => {
    if (replica.status !== "submitted") return [];
    const about = { replica: replica.num, deployment: replica.deployment };
    if (called.has(replica.token))
      return [{ ...about, event: "provision", detail: `on ${replica.backend} (${replica.region})` }];
    const isNew = !before.replicas.some((other) => other.token === replica.token);
    return isNew ? [{ ...about, event: "wait", detail: "until another has left" }] : [];
  });
}

function stateOf(record: ServiceRecord, context: Context): ServiceState {
  if (isInDoubt(record, context)) return "working";
  const failed = record.verdict !== null && isFinal(record, record.verdict);
  if (isComplete(record) && !isHeldBack(record))
    return failed ? "failed" : desiredReplicas(record) === 0 ? "unproven" : "settled";
  const moving = record.replicas.some(
    (replica) => replica.status === "terminating" || (isAlive(replica) && replica.readyAt === null),
  );
  if (moving) return "working";
  if (context.observed.blind.size > 0) return "waiting";
  if (failed && isOver(record, currentDeployment(record))) return "failed";
  if (record.verdict?.code === "retry-limit" || record.verdict?.code === "stuck") return "failed";
  return record.verdict === null || (failed && !waitsIn(record.verdict)) ? "working" : "waiting";
}
