import { z } from "zod";

import { acceptRemoval } from "../../src/reconciler/accept.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { endingOf } from "../../src/reconciler/ending.ts";
import { statusOf } from "../../src/report/status.ts";
import type { Window } from "../../src/state/progress.ts";
import type { ReplicaError, ReplicaRecord, Termination } from "../../src/state/record.ts";
import type { Answerer } from "./case.ts";
import { skipped, unknownKind, value } from "./case.ts";
import { earlier, now, policy, replicaGiven, revised, seen } from "./given.ts";
import { skips } from "./skips.ts";
import { transitionAnswer } from "./transitions.ts";

/** What ends replicas and services, and what becomes of them. */
export function stateAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("run_transition/")) return transitionAnswer(input);
  const reason = z.string().parse(input);
  if (name.startsWith("job_reason/")) return replicaReason(reason);
  return name.startsWith("run_reason/") ? serviceReason(reason) : unknownKind(name);
}

const closed: Window = { openedAt: earlier, seenAt: earlier, closedAt: earlier };

/** What a reason for a replica's end is here. */
const reasons: Readonly<Record<string, Ended>> = {
  failed_to_start_due_to_no_capacity: { code: "no-capacity" },
  instance_unreachable: { code: "unreachable" },
  container_exited_with_error: { code: "exited", exitCode: 1 },
  ports_binding_failed: { code: "failed-to-start" },
  creating_container_error: { code: "failed-to-start" },
  executor_error: { code: "failed-to-start" },
  scaled_down: { reason: "scaled-down" },
  max_duration_exceeded: { reason: "scaled-down", over: closed },
  terminated_due_to_utilization_policy: { reason: "scaled-down", over: { ...closed, idle: [] } },
};

type Ended =
  | { readonly code: ReplicaError["code"]; readonly exitCode?: number }
  | { readonly reason: Termination["reason"]; readonly over?: Window };

function replicaReason(reason: string): ReturnType<Answerer> {
  const ended = reasons[reason];
  if (ended === undefined) return skipped(skips.otherEnds.reason);
  const window = "over" in ended ? (ended.over ?? null) : null;
  const ending = endingOf(replicaEnded(ended), { window });
  return value({ status: ending?.status, retry_event: ending?.event, error: ending?.reason });
}

function replicaEnded(ended: Ended): ReplicaRecord {
  const replica = replicaGiven({ num: 0, status: "terminating", serving: false }, 0);
  if ("reason" in ended)
    return { ...replica, termination: { reason: ended.reason, since: earlier, drainUntil: earlier } };
  const { code, exitCode = null } = ended;
  return { ...replica, error: { code, exitCode, message: "", at: earlier, retryAt: earlier } };
}

/** Its removal, from what runs to the end. */
function serviceReason(reason: string): ReturnType<Answerer> {
  if (reason !== "stopped_by_user") return skipped(skips.serviceEnds.reason);
  const running = replicaGiven({ num: 0, status: "running", serving: true }, 0);
  const removed = acceptRemoval({ ...revised(null, { replicas: 1 }), replicas: [running] });
  const leaving = decide(removed, { observed: seen(removed), policy, now }).record;
  if (leaving === null || statusOf(leaving) !== "terminating") return value("does not leave");
  const asked = leaving.replicas.map(({ token }) => [token, { kind: "terminating" }] as const);
  const observed = seen(leaving, { instances: new Map(), outcomes: new Map(asked) });
  const gone = decide(leaving, { observed, policy, now: now + 60_000 });
  return value({
    status: gone.state === "removed" ? "terminated" : statusOf(leaving),
    job_reason: leaving.replicas[0]?.termination?.reason === "removed" ? "terminated_by_user" : null,
    error: null,
  });
}
