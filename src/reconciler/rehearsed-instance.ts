import type { ObservedInstance } from "../backends/backend.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { fromTimestamp } from "../lib/timestamp.ts";
import type { Address, ReplicaRecord } from "../state/record.ts";
import type { Expected } from "./expected-times.ts";
import type { ProbeStreak } from "./observed.ts";

/** An instance of a rehearsed world. Times in milliseconds since the epoch; `Infinity`: never. */
export interface RehearsedInstance {
  readonly replica: ReplicaRecord;
  readonly runningAt: number;
  /** From when on its probes succeed. */
  readonly answersAt: number;
  readonly sickAt: number;
  readonly exitedAt: number;
  readonly goneAt: number;
  /** Since when somebody probes it, and from which pass on the answers are known. */
  readonly probed: { readonly since: number; readonly fromPass: number } | null;
}

type Probing = Pick<ServiceSpec["probes"][number], "interval" | "ready_after" | "until_ready">;

const somewhere: Address = { kind: "tcp", host: "127.0.0.1", port: 1 };

/** What a service without probes is asked. */
const listening: readonly Probing[] = [{ interval: 15, ready_after: 1, until_ready: true }];

/** Failures in a row after which one more decides nothing. */
const manyFailures = 20;

export function called(replica: ReplicaRecord, now: number, { run, answer }: Expected): RehearsedInstance {
  const runningAt = now + run;
  return { ...lasting, replica, runningAt, answersAt: runningAt + answer };
}

const lasting = { sickAt: Infinity, exitedAt: Infinity, goneAt: Infinity, probed: null } as const;

/** One that exists when the rehearsal begins, as far as it had come. */
export function standing(replica: ReplicaRecord, now: number, { run, answer }: Expected): RehearsedInstance {
  const { runningAt, readyAt, submittedAt } = replica;
  const runs = runningAt === null ? Math.max(now, fromTimestamp(submittedAt) + run) : now;
  const answers = runningAt === null ? runs + answer : Math.max(now, fromTimestamp(runningAt) + answer);
  return { ...lasting, replica, runningAt: runs, answersAt: readyAt === null ? answers : now };
}

export function isWell(instance: RehearsedInstance | undefined, now: number): boolean {
  return instance !== undefined && now < Math.min(instance.sickAt, instance.exitedAt, instance.goneAt);
}

export function observedInstance(
  { replica, runningAt, exitedAt, goneAt }: RehearsedInstance,
  service: string,
  now: number,
): ObservedInstance {
  const { token, num, deployment, region, price, instance, address } = replica;
  const exited = now >= exitedAt;
  const status = goneAt < Infinity ? "terminating" : exited ? "exited" : now >= runningAt ? "running" : "provisioning";
  return {
    token,
    instance: instance ?? token,
    stateId: "",
    service,
    replica: num,
    deployment,
    region,
    price,
    status,
    address: address ?? somewhere,
    exitCode: exited ? 1 : null,
    startedAt: runningAt,
  };
}

/** What its probes have answered, as the pass knows it. */
export function streaksOf(
  instance: RehearsedInstance,
  spec: ServiceSpec,
  { now, pass }: { readonly now: number; readonly pass: number },
): readonly ProbeStreak[] {
  const { probed } = instance;
  if (probed === null) return [];
  return probesOf(spec).map((probe) => {
    const { interval } = probe;
    const first = Math.max(instance.answersAt, probed.since);
    const failing = firstFailure(instance, first, probe);
    if (pass < probed.fromPass) return { successes: 0, failures: 0, last: null };
    if (now < first) return { successes: 0, failures: 1, last: null };
    if (now < failing) return { successes: count(first, now, interval), failures: 0, last: null };
    return { successes: 0, failures: count(failing, now, interval), last: null };
  });
}

/** When something next becomes of it that a pass would see; `Infinity`: nothing more, by itself. */
export function momentAfter(instance: RehearsedInstance, spec: ServiceSpec, now: number): number {
  const { runningAt, answersAt, exitedAt, goneAt, probed } = instance;
  const moments = [runningAt, exitedAt, goneAt];
  if (probed !== null) {
    const first = Math.max(answersAt, probed.since);
    for (const probe of probesOf(spec)) {
      const interval = probe.interval * 1000;
      const failing = firstFailure(instance, first, probe);
      const failures = now < failing ? 0 : count(failing, now, probe.interval);
      moments.push(first, first + (probe.ready_after - 1) * interval);
      if (failures < manyFailures) moments.push(failing + failures * interval);
    }
  }
  return Math.min(...moments.filter((moment) => moment > now));
}

function probesOf({ probes }: ServiceSpec): readonly Probing[] {
  return probes.length > 0 ? probes : listening;
}

/** The first answer that shows it sick: they come by the probe's interval from the first success on, for as long as it is asked. */
function firstFailure({ sickAt }: RehearsedInstance, first: number, { interval, until_ready }: Probing): number {
  if (sickAt === Infinity || until_ready) return Infinity;
  return first + Math.max(0, Math.ceil((sickAt - first) / (interval * 1000))) * interval * 1000;
}

/** Probes from the first to now, by their interval. */
function count(first: number, now: number, interval: number): number {
  return Math.floor((now - first) / (interval * 1000)) + 1;
}
