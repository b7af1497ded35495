import type { ServiceRecord } from "../../state/record.ts";
import { currentDeployment, note } from "./draft.ts";
import type { Context, Draft } from "./draft.ts";
import { isFinal } from "./final.ts";
import { isLacking } from "./lacking.ts";
import { nothingOffered } from "./start.ts";
import { isGoingBack, waitsIn, withCause } from "./stuck.ts";

/**
 * Going back that waits for an instance says so: the verdict that began it is no answer to what there is to wait for.
 * What it lacks money or a value for holds it (`stick`).
 */
export function tellWait(draft: Draft, context: Context): Draft {
  const { record } = draft;
  const { verdict } = record;
  if (verdict === null || verdict.code === "stuck" || !isGoingBack(record) || !isFinal(record, verdict)) return draft;
  const why = whyWaits(record, context);
  if (why === "unknown") return draft;
  if (why === null) return waitsIn(verdict) ? withCause(draft, verdict) : draft;
  const cause = verdict.evidence.cause ?? verdict.message;
  const waits = `going back to deployment ${currentDeployment(record).num} waits: ${why}`;
  const message = `${cause}; ${waits}`;
  if (message === verdict.message) return draft;
  const told = { ...verdict, message, evidence: { ...verdict.evidence, cause } };
  return note({ ...draft, record: { ...record, verdict: told } }, "wait", null, waits);
}

/** `null`: for nothing but time. `unknown`: whoever is asked for, or is leaving, has yet to show. */
function whyWaits(record: ServiceRecord, { observed: { supply } }: Context): string | null {
  if (!isLacking(record)) return isTriedAgain(record) ? "unknown" : null;
  if (supply === null || record.replicas.some(({ status }) => status === "terminating")) return "unknown";
  const lacking = record.replicas.find(
    ({ status, error, deployment }) =>
      status === "failed" && error?.code === "no-capacity" && deployment === record.current,
  );
  if (lacking !== undefined) return lacking.error?.message ?? null;
  if (isTriedAgain(record)) return "unknown";
  return supply.offers.length > 0 ? null : (supply.lack ?? nothingOffered);
}

/** What nobody had before is asked for again. */
function isTriedAgain({ replicas }: ServiceRecord): boolean {
  return replicas.some(({ status, failures }) => status === "submitted" && failures > 0);
}
