import { terminalText } from "../lib/terminal-text.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import type { PlannedService } from "../reconciler/plan-document.ts";
import type { Settled } from "../reconciler/settle.ts";
import { codeOf, outcomeText, resultOf } from "../report/outcome-text.ts";
import type { ServiceResult } from "../report/outcome-text.ts";
import { painter } from "../report/style.ts";
import { logTail } from "./log-tail.ts";
import { sayJson } from "./say.ts";
import type { Work } from "./work.ts";

export interface Finished {
  readonly outcomes: readonly Settled[];
  /** Names of the services that the command was to change; a round over everything was to change what it touched. */
  readonly planned: readonly string[] | "touched";
  readonly held: readonly PlannedService[];
}

/** Says how it ended: N of N, with the evidence of whatever did not, and the exit code that follows from it. */
export async function finishCommand(work: Work, finished: Finished): Promise<ExitCode> {
  const { app } = work;
  const held = finished.held.map((service): ServiceResult => ({
    name: service.name,
    result: "held",
    verdict: null,
    detail: service.held ?? "",
    url: null,
  }));
  const planned =
    finished.planned === "touched"
      ? finished.outcomes.filter(wasTouched).map((outcome) => outcome.name)
      : finished.planned;
  const results = [
    ...finished.outcomes.map((outcome) => asHeld(resultOf(outcome, work.project.settings), planned)),
    ...held,
  ];
  const left = planned.filter((name) => !finished.outcomes.some((outcome) => outcome.name === name));
  if (left.length > 0) app.io.stderr(`Not begun: ${left.join(", ")}. Apply again once the others have settled.\n`);
  const attempted = results.filter((result) => planned.includes(result.name));
  const done = attempted.filter((result) => result.result === "settled" || result.result === "unproven").length;
  const ended = app.io.signal.aborted ? "interrupted" : work.timedOut() ? "timed-out" : null;
  const exitCode = exitCodeOf(finished.outcomes, planned, ended);
  const tails = await Promise.all(
    results.map(async (result) => [result.name, await logTail(work, result.verdict)] as const),
  );
  if (app.options.json) {
    const services = results.map((result) => ({
      name: result.name,
      result: result.result,
      verdict: codeOf(result),
      evidence: evidenceOf(result),
    }));
    const ok = exitCode === exitCodes.success;
    sayJson(app, {
      version: 1,
      time: toTimestamp(work.world.clock.now()),
      event: "outcome",
      ok,
      planned: planned.length,
      done,
      services,
    });
  }
  const summary = { results, planned: planned.length, done, tails: new Map(tails), interrupted: app.io.signal.aborted };
  app.io.stderr(`${terminalText(outcomeText(summary, painter(app.io.colors)))}\n`);
  return exitCode;
}

function evidenceOf({ verdict, strangers }: ServiceResult) {
  if (strangers === undefined) return verdict?.evidence ?? null;
  return { instances: strangers.map(({ token, instance, price }) => ({ token, instance, price })) };
}

function wasTouched(outcome: Settled): boolean {
  return outcome.state === "error" || outcome.touched;
}

/** What was unhealthy before, and was left alone, is quarantined: no failure of this command. */
function asHeld(result: ServiceResult, planned: readonly string[]): ServiceResult {
  if (result.verdict?.code !== "unhealthy" || planned.includes(result.name)) return result;
  return { ...result, result: "held", detail: `quarantined: ${result.detail}` };
}

function exitCodeOf(
  outcomes: readonly Settled[],
  planned: readonly string[],
  ended: "interrupted" | "timed-out" | null,
): ExitCode {
  const has = (...states: readonly Settled["state"][]): boolean =>
    outcomes.some((outcome) => states.includes(outcome.state));
  const missing = planned.filter((name) => !outcomes.some((outcome) => outcome.name === name));
  if (has("error") || outcomes.some((outcome) => outcome.state === "failed" && planned.includes(outcome.name)))
    return exitCodes.failed;
  if (ended === "interrupted") return exitCodes.interrupted;
  if (has("state-older")) return exitCodes.failed;
  if (has("lease-held")) return exitCodes.leaseHeld;
  // What was not even accepted is not going on: no tick will finish it.
  if (missing.length > 0) return exitCodes.failed;
  if (!has("working", "waiting", "superseded")) return exitCodes.success;
  return ended === "timed-out" ? exitCodes.failed : exitCodes.continuing;
}
