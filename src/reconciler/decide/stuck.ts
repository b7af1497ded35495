import { toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Evidence, Verdict } from "../../state/verdict.ts";
import { currentDeployment, note } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isExhausted } from "./retry.ts";

/** Failures in a row after which an old revision that used to run counts as one that cannot be brought back. */
const manyFailures = 3;

/** Whether passes work towards an earlier deployment than the accepted one. */
export function isGoingBack(record: ServiceRecord): boolean {
  return record.target !== null && record.current !== record.target.deployment;
}

/**
 * Going back that cannot go on holds: what serves stays, and it is said. The verdict that began it is kept with the
 * evidence, and stands again as soon as something of the old revision can be started.
 */
export function stick(draft: Draft, why: string, evidence: Evidence, { now }: Pick<Context, "now">): Draft {
  const { verdict } = draft.record;
  if (verdict === null || !isGoingBack(draft.record)) return draft;
  const cause = verdict.evidence.cause ?? verdict.message;
  const { num } = currentDeployment(draft.record);
  const message = `going back to deployment ${num} is stuck: ${why}; what serves is left as it is. Before that: ${cause}`;
  if (verdict.code === "stuck" && verdict.message === message) return draft;
  const stuck: Verdict = {
    ...verdict,
    code: "stuck",
    message,
    at: toTimestamp(now),
    evidence: { ...verdict.evidence, ...evidence, cause },
  };
  return note({ ...draft, record: { ...draft.record, verdict: stuck } }, "verdict", null, `stuck: ${message}`);
}

/** Whether it says, beside what began the going back, what that waits for. */
export function waitsIn({ code, evidence }: Verdict): boolean {
  return code !== "stuck" && evidence.cause !== undefined;
}

/** The verdict that began the going back, once it goes on. */
export function unstick(draft: Draft): Draft {
  const { verdict } = draft.record;
  return verdict?.code === "stuck" ? withCause(draft, verdict) : draft;
}

/** The verdict that stands behind this one. */
export function withCause(draft: Draft, verdict: Verdict): Draft {
  const { record } = draft;
  const { cause, missing: _, ...evidence } = verdict.evidence;
  const gaveUp = record.deployments.some(({ num, gaveUpAt }) => num === record.target?.deployment && gaveUpAt);
  const code = gaveUp ? "no-capacity" : "unhealthy";
  const before: Verdict = { ...verdict, code, message: cause ?? verdict.message, evidence };
  return { ...draft, record: { ...record, verdict: before } };
}

/** A replica that does not come to run any more, though it is tried again. */
export function cannotRun({ error, failures }: ReplicaRecord): boolean {
  if (error === null || error.code === "no-capacity") return false;
  return error.code === "failed-to-start" || failures >= manyFailures;
}

/** An old revision whose replicas do not come to run any more, though they are tried again: its image may be gone. */
export function stickAtFailures(draft: Draft, context: Context): Draft {
  const { record } = draft;
  const { supply } = context.observed;
  const failing = record.replicas.find((replica) => replica.deployment === record.current && cannotRun(replica));
  if (failing === undefined || failing.error === null || record.verdict === null) return draft;
  // Said by what would start it.
  const isHindered = supply !== null && (supply.missingEnv.length > 0 || supply.refusal !== null);
  if (isHindered || isExhausted(failing, record, context)) return draft;
  return stick(draft, `replica ${failing.num} ${failing.error.message}`, {}, context);
}
