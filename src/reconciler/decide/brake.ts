import { fromTimestamp, toTimestamp } from "../../lib/timestamp.ts";
import type { Brake } from "../../state/progress.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import { casualtiesOf, isHeldBack, overBrake } from "./casualties.ts";
import type { Context, Decider, Draft } from "./draft.ts";
import { note, wake } from "./draft.ts";
import { givenUpSince, hour } from "./toll.ts";

/**
 * Takes over what deciders see of the replicas, unless they give up so many of the project's running ones as lost or ill
 * within an hour that it is rather the observer who is mistaken. Then these stay as they were: until they are seen again,
 * an hour has passed, or somebody consents.
 */
export function braked(...deciders: readonly Decider[]): Decider {
  return (draft, context) => {
    const next = deciders.reduce((before, decider) => decider(before, context), draft);
    const lost = casualtiesOf(draft.record, next.record, context.observed);
    if (lost.length === 0) return isInSight(next.record, context) ? released(draft.record, next, context) : next;
    const over = overBrake(draft.record, lost.length, context);
    return over === null ? counted(next, lost.length, context) : held(draft, next, { lost, over, context });
  };
}

/** Where a part of the service cannot be seen from here, or is not listed, nothing is known of what is held back. */
function isInSight({ replicas }: ServiceRecord, { observed }: Context): boolean {
  return !replicas.some(({ backend, token, status }) => {
    const instance = observed.instances.get(token);
    const isMissed = status === "running" && instance === undefined;
    return isMissed || observed.blind.has(backend) || instance?.status === "unobservable";
  });
}

/** Nothing is missed any more: what was held back serves on, or has gone after all. */
function released(before: ServiceRecord, draft: Draft, context: Context): Draft {
  if (!isHeldBack(draft.record)) return draft;
  const runs = new Set(draft.record.replicas.flatMap(({ token, status }) => (status === "running" ? [token] : [])));
  const isThere = before.replicas.every(({ token, status }) => status !== "running" || runs.has(token));
  const detail = isThere ? "everything is seen again" : "nothing is held back any more";
  return note(cleared(draft, { givenUp: recent(draft.record, context) }), "note", null, detail);
}

function counted(draft: Draft, count: number, context: Context): Draft {
  const given = { at: toTimestamp(context.now), count };
  return cleared(draft, { givenUp: [...recent(draft.record, context), given] });
}

function cleared(draft: Draft, brake: Brake): Draft {
  const { brake: _, ...record } = draft.record;
  const verdict = record.verdict?.code === "braked" ? null : record.verdict;
  return { ...draft, record: { ...record, verdict, ...(brake.givenUp.length === 0 ? {} : { brake }) } };
}

function recent({ brake }: ServiceRecord, { now }: Context): Brake["givenUp"] {
  return givenUpSince(brake, now - hour);
}

interface Holding {
  readonly lost: readonly ReplicaRecord[];
  /** Why, for people. */
  readonly over: string;
  readonly context: Context;
}

function held(before: Draft, next: Draft, { lost, over, context }: Holding): Draft {
  const at = toTimestamp(context.now);
  const heldSince = next.record.brake?.heldSince ?? at;
  const kept = new Map(lost.map((replica) => [replica.token, replica]));
  const replicas = next.record.replicas.map((replica) => kept.get(replica.token) ?? replica);
  const brake = { givenUp: recent(next.record, context), heldSince };
  const notes = next.notes.filter(
    (each, index) => index < before.notes.length || !lost.some((replica) => isAbout(each, replica)),
  );
  const holding = wake(
    { ...next, notes, record: { ...next.record, replicas, brake } },
    fromTimestamp(heldSince) + hour,
  );
  const { verdict } = next.record;
  // What is wrong with the revision itself goes on to be said.
  if (verdict?.code === "unhealthy" || (verdict?.code === "braked" && verdict.message === over)) return holding;
  const braking = {
    code: "braked",
    deployment: next.record.current,
    replica: null,
    message: over,
    at,
    evidence: {},
  } as const;
  return note({ ...holding, record: { ...holding.record, verdict: braking } }, "verdict", null, `braked: ${over}`);
}

function isAbout(each: Draft["notes"][number], { num, deployment }: ReplicaRecord): boolean {
  return each.replica === num && each.deployment === deployment;
}
