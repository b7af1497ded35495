import type { ServiceSpec } from "../config/spec.ts";
import type { StartTime } from "../state/progress.ts";
import type { ServiceRecord } from "../state/record.ts";
import { currentDeployment } from "./decide/draft.ts";
import { probingTime, usualStart } from "./decide/starts.ts";

/** How long a replica is expected to take, in milliseconds. */
export interface Expected {
  /** From being called for to running. */
  readonly run: number;
  /** From running to the first answer that its probes take; they have yet to be repeated as often as `ready_after` says. */
  readonly answer: number;
}

/** What is assumed of a backend where nothing is recorded, in seconds to the first answer: of processes of this machine, and of machines to be rented. */
const assumedStarts: Readonly<Record<string, StartTime>> = { local: { run: 1, ready: 4 } };
const assumedMachine: StartTime = { run: 120, ready: 60 };

/** How long an instance takes to end once it was asked to, in milliseconds. */
export const assumedEnd = 1_000;

/** How long a write of the state takes, in milliseconds: next to nothing, but what follows it comes later. */
export const assumedWrite = 1;

/** How long a start is expected to take on a backend: as the service's last ones took, else as is usual there. */
export function expectedStart(record: ServiceRecord, backend: string): Expected {
  const { run, ready, probing = 0 } = startOf(record, backend);
  return { run: run * 1000, answer: (ready - probing) * 1000 };
}

/** Where the expected times are from, for people. */
export function expectationText(record: ServiceRecord, backends: readonly string[]): string {
  const count = record.starts?.length ?? 0;
  if (count > 0) {
    const [times = ""] = [...new Set(backends)].map((backend) => startText(record, backend));
    return `from the last ${count === 1 ? "start" : `${count} starts`}: ${times}`;
  }
  const texts = [...new Set(backends)].map((backend) => `${startText(record, backend)} on ${backend}`);
  return `assumed, for no start is recorded: ${texts.join("; ")}`;
}

function startText(record: ServiceRecord, backend: string): string {
  const { run, ready } = startOf(record, backend);
  return `${spoken(run)} to run, ${spoken(ready)} to ready`;
}

function startOf(record: ServiceRecord, backend: string): StartTime {
  const { spec } = currentDeployment(record);
  return usualStart(record.starts, spec) ?? assumed(spec, backend);
}

function assumed(spec: ServiceSpec, backend: string): StartTime {
  const known = Object.hasOwn(assumedStarts, backend) ? assumedStarts[backend] : undefined;
  const { run, ready } = known ?? assumedMachine;
  const probing = probingTime(spec);
  return { run, ready: ready + probing, ...(probing > 0 ? { probing } : {}) };
}

/** `41 s`, `2 m 10 s`. */
export function spoken(seconds: number): string {
  const rounded = seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds);
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor((rounded % 3600) / 60);
  const rest = Math.round((rounded % 60) * 10) / 10;
  const parts = [...(hours > 0 ? [`${hours} h`] : []), ...(minutes > 0 ? [`${minutes} m`] : [])];
  return [...parts, ...(rest > 0 || parts.length === 0 ? [`${rest} s`] : [])].join(" ");
}
