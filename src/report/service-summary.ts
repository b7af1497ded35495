import type { Policy } from "../config/settings.ts";
import { isServing } from "../reconciler/decide/draft.ts";
import { isComplete } from "../reconciler/decide/finish.ts";
import { chargesOf, rateOf } from "../reconciler/decide/money.ts";
import type { Charge } from "../reconciler/decide/money.ts";
import { desiredReplicas } from "../reconciler/decide/scale.ts";
import { dueOf } from "../reconciler/overdue.ts";
import type { Due } from "../reconciler/overdue.ts";
import type { ServiceRecord, ServiceState } from "../state/record.ts";
import { newestTime } from "./newest-time.ts";
import { missedParts } from "./replica-marks.ts";
import { statusText } from "./status.ts";

/** How a service is doing, at a glance. */
export type Tone = "good" | "busy" | "bad" | "held" | "off";

/** As much of a service as totals and the order of the status page need: made of every service, however many there are. */
export interface ServiceSummary {
  readonly state: ServiceState;
  readonly record: ServiceRecord;
  readonly status: string;
  readonly tone: Tone;
  /** It has not settled, something of it is missed, or somebody works on it. */
  readonly isOpen: boolean;
  readonly running: number;
  readonly ready: number;
  readonly wanted: number;
  /** $/hour. */
  readonly price: number;
  readonly charges: readonly Charge[];
  /** Of its newest change, in milliseconds since the epoch. */
  readonly newest: number;
  readonly due: Due | null;
}

export function serviceSummary(state: ServiceState, record: ServiceRecord, policy: Policy): ServiceSummary {
  const { replicas, verdict, paused, brake } = record;
  const isHeld = state.lease !== null || state.intents.length > 0 || brake?.heldSince !== undefined;
  const isMissed = replicas.some((replica) => missedParts(replica, String).length > 0);
  const isOpen = isHeld || isMissed || verdict !== null || paused !== null || !isComplete(record);
  const status = statusText(record);
  return {
    state,
    record,
    status,
    tone: toneOf(record, status, isOpen),
    isOpen,
    running: replicas.filter((replica) => replica.status === "running").length,
    ready: replicas.filter(isServing).length,
    wanted: desiredReplicas(record),
    price: rateOf(record),
    charges: chargesOf(replicas),
    newest: newestTime(state) ?? 0,
    due: dueOf(state, policy),
  };
}

function toneOf({ paused, verdict }: ServiceRecord, status: string, isOpen: boolean): Tone {
  if (paused !== null) return "held";
  if (verdict !== null || status === "failed" || status === "retrying") return "bad";
  if (isOpen) return "busy";
  return status === "running" ? "good" : "off";
}
