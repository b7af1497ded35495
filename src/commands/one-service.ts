import { toTimestamp } from "../lib/timestamp.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { acceptRemoval, acceptRestart, acceptRetry } from "../reconciler/accept.ts";
import type { App } from "./app.ts";
import { changeOne } from "./change-one.ts";

/** `destroy NAME`: everything that the service has is drained and ended, and its record goes. */
export function destroy(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Stop the run ${name}?`,
    verb: "Destroy",
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
    change: (record, acceptance) => (record.target === null ? null : acceptRestart(record, acceptance)),
    nothing: `${name} is being destroyed: there is nothing to restart.`,
    settles: true,
  });
}

/** `retry NAME`: lifts the quarantine of the accepted revision and rolls it out again. */
export function retry(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Try the quarantined revision of ${name} again?`,
    verb: "Retry",
    change: (record, acceptance) => acceptRetry(record, acceptance),
    nothing: `Nothing of ${name} is quarantined.`,
    settles: true,
  });
}

/** `pause NAME`: no pass touches it, healing included, until it is resumed. */
export function pause(app: App, name: string): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Pause ${name}?`,
    verb: "Pause",
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
    whilePaused: true,
    change: (record) => (record.paused === null ? null : { ...record, paused: null }),
    nothing: `${name} is not paused.`,
    settles: true,
  });
}
