import { z } from "zod";

import type { ObservedInstance } from "../../src/backends/backend.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import { noSupply } from "../../src/reconciler/observed.ts";
import type { Outcome } from "../../src/reconciler/observed.ts";
import { statusOf } from "../../src/report/status.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import type { Answerer } from "./case.ts";
import { value } from "./case.ts";
import { instanceOf, now, offer, policy, replicaGiven, revised, seen } from "./given.ts";

const replica = z.object({
  num: z.number(),
  status: z.enum(["provisioning", "pulling", "running", "terminating", "terminated", "failed", "done"]),
  serving: z.boolean(),
  reason: z.string().optional(),
  retry: z.unknown().optional(),
  seconds_since_last_provisioned_submission_ended: z.number().optional(),
});

const transition = z.object({
  attempt: z.number().default(0),
  /** Longer ago than anything that a case tells. */
  run_age: z.number().default(200_000),
  replicas: z.array(replica),
});

type Transition = z.infer<typeof transition>;
type Given = z.infer<typeof replica>;

/** What a service comes to once its replicas are as they are, and which of them are tried again. */
export function transitionAnswer(input: unknown): ReturnType<Answerer> {
  const given = transition.parse(input);
  const ends = given.replicas.map((each) => endOf(each)).filter((at) => at < now);
  const until = [...new Set(ends)]
    .toSorted((a, b) => a - b)
    .reduce((record, at) => ended(record, given, at), before(given));
  return value(wire(passed(asAttempted(until, given), given, { at: now, offers: [] })));
}

/** All replicas as they last were before anything of the case happened, of a deployment that had settled. */
function before({ attempt, run_age, replicas }: Transition): ServiceRecord {
  const outOfTime = replicas.some(({ reason }) => reason === "max_duration_exceeded");
  const retry = replicas.find((each) => each.retry !== undefined)?.retry;
  const record = revised(
    null,
    {
      replicas: replicas.length,
      ...(retry === undefined ? {} : { retry }),
      ...(outOfTime ? { max_duration: 60 } : {}),
    },
    now - run_age * 1000,
  );
  const past = toTimestamp(now - run_age * 1000);
  return {
    ...record,
    deployments: record.deployments.map((each) => ({ ...each, settledAt: past })),
    window: outOfTime ? { openedAt: past, seenAt: past, closedAt: null } : null,
    replicas: replicas.map((each) => ({
      ...replicaGiven({ num: each.num, status: statusBefore(each), serving: false }, 0),
      submittedAt: past,
      failures: attempt,
    })),
    attempts: replicas.length,
  };
}

function statusBefore(given: Given): "submitted" | "provisioning" | "running" {
  if (isRefused(given)) return hasRun(given) ? "running" : "submitted";
  if (given.status === "provisioning") return "submitted";
  return given.status === "pulling" || given.status === "running" ? "provisioning" : "running";
}

/** One ends at that time, and its instance is listed no more; what is refused later is asked for in its place. */
function ended(record: ServiceRecord, given: Transition, at: number): ServiceRecord {
  const gone = passed(passed(record, given, { at, offers: [] }), given, { at: at + 1, offers: [] });
  return given.replicas.some(isRefused) ? passed(gone, given, { at: at + 2, offers: [offer] }) : gone;
}

/** The case says which attempt is the one that is refused. */
function asAttempted(record: ServiceRecord, { attempt }: Transition): ServiceRecord {
  const replicas = record.replicas.map((each) => (each.status === "submitted" ? { ...each, failures: attempt } : each));
  return { ...record, replicas };
}

function passed(
  record: ServiceRecord,
  given: Transition,
  { at, offers }: { readonly at: number; readonly offers: readonly (typeof offer)[] },
): ServiceRecord {
  const observed = seen(record, {
    instances: new Map(instances(record, given, at)),
    outcomes: new Map(outcomes(record, given)),
    supply: { ...noSupply, offers },
  });
  return decide(record, { observed, policy, now: at }).record ?? record;
}

function instances(record: ServiceRecord, { replicas }: Transition, at: number): [string, ObservedInstance][] {
  return record.replicas.flatMap((each): [string, ObservedInstance][] => {
    const given = replicas.find(({ num }) => num === each.num);
    if (given === undefined || (isRefused(given) && !hasRun(given))) return [];
    const instance = instanceOf(record, each);
    if (given.reason === undefined || endOf(given) > at)
      return [[each.token, { ...instance, status: statusSeen(given) }]];
    if (given.reason === "max_duration_exceeded") return [[each.token, { ...instance, status: "running" }]];
    const exits = each.status === "running" && given.reason !== "interrupted_by_no_capacity";
    const exitCode = given.reason === "done_by_runner" ? 0 : 1;
    return exits ? [[each.token, { ...instance, status: "exited", exitCode }]] : [];
  });
}

function statusSeen({ status }: Given): "provisioning" | "pulling" | "running" {
  return status === "provisioning" || status === "pulling" ? status : "running";
}

function outcomes(record: ServiceRecord, { replicas }: Transition): [string, Outcome][] {
  return record.replicas.flatMap((each): [string, Outcome][] => {
    // Whose end was recorded was asked to end.
    if (each.status === "terminating") return [[each.token, { kind: "terminating" }]];
    const given = replicas.find(({ num }) => num === each.num);
    if (given === undefined || each.status !== "submitted" || !isRefused(given)) return [];
    const code = given.reason === "volume_error" ? "invalid" : "no-capacity";
    return [[each.token, { kind: "refused", code, retryable: code === "no-capacity", message: "" }]];
  });
}

function endOf(given: Given): number {
  return now - 1000 * (given.seconds_since_last_provisioned_submission_ended ?? 0);
}

function hasRun(given: Given): boolean {
  return given.seconds_since_last_provisioned_submission_ended !== undefined;
}

/** Never came to run at this attempt. */
function isRefused({ reason }: Given): boolean {
  return reason === "failed_to_start_due_to_no_capacity" || reason === "volume_error";
}

/** In the reference's terms; what it is ended for is the step before its last status. */
function wire(record: ServiceRecord): Readonly<Record<string, unknown>> {
  const status = statusOf(record);
  const reason = reasonFor(status, record);
  const open = reason === null ? record.replicas : [];
  return {
    new_status: reason === null ? status : "terminating",
    termination_reason: reason,
    replicas_to_retry: open.filter(({ error }) => error !== null).map(({ num }) => num),
    resubmission_attempt: Math.max(
      0,
      ...open.filter(({ readyAt }) => readyAt === null).map(({ failures }) => failures),
    ),
  };
}

function reasonFor(status: string, { verdict }: ServiceRecord): string | null {
  const code: string | undefined = verdict?.code;
  if (status === "failed") return code === "retry-limit" ? "retry_limit_exceeded" : "job_failed";
  return status === "terminating" || status === "done" ? "all_jobs_done" : null;
}
