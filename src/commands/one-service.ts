import { toTimestamp } from "../lib/timestamp.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { acceptCasualties, acceptRemoval, acceptRestart, acceptRetry } from "../reconciler/accept.ts";
import type { Acceptance } from "../reconciler/accept.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { App } from "./app.ts";
import { changeOne } from "./change-one.ts";

/** `destroy NAME`: everything that the service has is drained and ended, and its record goes. */
export function destroy(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Stop the run ${name}?`,
    verb: "Destroy",
    done: "removal accepted",
    change: (record) => acceptRemoval(record),
    nothing: "",
    settles: true,
  });
}

/** `restart NAME`: the same revision again, with every replica replaced, one at a time. */
export function restart(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Replace every replica of ${name}?`,
    verb: "Restart",
    done: "restarted",
    change: (record, acceptance) => (record.target === null ? null : acceptRestart(record, acceptance)),
    nothing: `${name} is being destroyed: there is nothing to restart.`,
    settles: true,
  });
}

/** `retry NAME`: lifts the quarantine of the accepted revision and rolls it out again; what the brake holds back is given up. */
export function retry(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Try again what is quarantined of ${name}, and give up what the brake holds back?`,
    verb: "Retry",
    done: "tried again",
    change: retried,
    nothing: `Nothing of ${name} is quarantined or held back.`,
    settles: true,
  });
}

function retried(record: ServiceRecord, acceptance: Acceptance): ServiceRecord | null {
  const consented = acceptCasualties(record, acceptance);
  return acceptRetry(consented ?? record, acceptance) ?? consented;
}

/** `pause NAME`: no pass touches it, healing included, until it is resumed. */
export function pause(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Pause ${name}?`,
    verb: "Pause",
    done: "paused",
    whilePaused: true,
    change: (record, { by, now }) =>
      record.paused === null ? { ...record, paused: { at: toTimestamp(now), by } } : null,
    nothing: `${name} is paused already.`,
    settles: false,
  });
}

/** `resume NAME`: passes go on, beginning with this one. */
export function resume(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Resume ${name}?`,
    verb: "Resume",
    done: "resumed",
    whilePaused: true,
    change: (record) => (record.paused === null ? null : { ...record, paused: null }),
    nothing: `${name} is not paused.`,
    settles: true,
  });
}
