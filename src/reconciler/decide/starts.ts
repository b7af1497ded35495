import type { ObservedInstance } from "../../backends/backend.ts";
import type { ServiceSpec } from "../../config/spec.ts";
import { fromTimestamp } from "../../lib/timestamp.ts";
import type { StartTime } from "../../state/progress.ts";
import type { ReplicaRecord } from "../../state/record.ts";
import { deploymentOf } from "./draft.ts";
import type { Draft } from "./draft.ts";

/** Starts of a service that are remembered. */
const keptStarts = 5;

/** Whoever first looks so long after a replica began to run tells when somebody looked, not how long it took: milliseconds. */
const lateLook = 60_000;

/** Remembers how long a replica took that has just become ready: by the write that records its readiness. */
export function rememberStart(draft: Draft, replica: ReplicaRecord, instance: ObservedInstance): Draft {
  const start = startOf(replica, deploymentOf(draft.record, replica.deployment).spec, instance);
  if (start === null) return draft;
  const starts = [...(draft.record.starts ?? []), start].slice(-keptStarts);
  return { ...draft, record: { ...draft.record, starts } };
}

/** The usual start; `null`: none is known. One that took much longer, or was seen late, moves it little. */
export function medianStart(starts: readonly StartTime[] = []): StartTime | null {
  if (starts.length === 0) return null;
  return { run: median(starts.map(({ run }) => run)), ready: median(starts.map(({ ready }) => ready)) };
}

/** The usual start of a spec: what earlier ones took to answer, and what its own probes take from there. */
export function usualStart(starts: readonly StartTime[] = [], spec: ServiceSpec): StartTime | null {
  const answered = medianStart(starts.map(({ run, ready, probing = 0 }) => ({ run, ready: ready - probing })));
  if (answered === null) return null;
  const probing = probingTime(spec);
  return { run: answered.run, ready: answered.ready + probing, ...(probing > 0 ? { probing } : {}) };
}

/** Seconds from the first success of every probe to the last that `ready_after` asks for. */
export function probingTime({ probes }: ServiceSpec): number {
  return Math.max(0, ...probes.map(({ interval, ready_after }) => (ready_after - 1) * interval));
}

/** `null` for what says nothing of the usual: a further attempt after a failure, and a start that nobody watched. */
function startOf(replica: ReplicaRecord, spec: ServiceSpec, { startedAt }: ObservedInstance): StartTime | null {
  const { submittedAt, runningAt, readyAt, failures, unreachableSince } = replica;
  if (runningAt === null || readyAt === null || failures > 0 || unreachableSince !== undefined) return null;
  if (startedAt !== null && fromTimestamp(runningAt) - startedAt > lateLook) return null;
  const start = { run: seconds(submittedAt, runningAt), ready: seconds(runningAt, readyAt) };
  const probing = Math.min(start.ready, probingTime(spec));
  return probing > 0 ? { ...start, probing } : start;
}

/** To the tenth; clocks that were set in between give no negative time. */
function seconds(from: string, to: string): number {
  return Math.max(0, Math.round((fromTimestamp(to) - fromTimestamp(from)) / 100) / 10);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return Math.round((middle.reduce((sum, value) => sum + value, 0) / middle.length) * 10) / 10;
}
