import type { ObservedInstance } from "../backends/backend.ts";
import type { Settings } from "../config/settings.ts";
import type { Holder } from "../reconciler/hold.ts";
import { olderText, repairHint } from "../reconciler/orphans-text.ts";
import type { Settled } from "../reconciler/settle.ts";
import { ownerText } from "../state/lease.ts";
import type { Verdict } from "../state/verdict.ts";
import { answerText } from "./probe-text.ts";
import { serviceUrl } from "./service-url.ts";
import type { Paint } from "./style.ts";

/** How one service ended up, in the words of the outcome (README, "Outcomes"). */
export interface ServiceResult {
  readonly name: string;
  readonly result: "settled" | "unproven" | "waiting" | "failed" | "held";
  readonly verdict: Verdict | null;
  /** Instances that the state does not know, for which nothing was changed. Absent: there are none. */
  readonly strangers?: readonly ObservedInstance[];
  readonly detail: string;
  readonly url: string | null;
}

const results = {
  settled: "settled",
  removed: "settled",
  unproven: "unproven",
  working: "waiting",
  waiting: "waiting",
  superseded: "waiting",
  "lease-held": "waiting",
  "state-older": "waiting",
  failed: "failed",
  error: "failed",
  held: "held",
} as const;

export function resultOf(settled: Settled, settings: Settings): ServiceResult {
  const base = { name: settled.name, result: results[settled.state] };
  if (settled.state === "error") {
    return {
      ...base,
      verdict: null,
      detail: settled.error instanceof Error ? settled.error.message : String(settled.error),
      url: null,
    };
  }
  const verdict = settled.record?.verdict ?? null;
  return {
    ...base,
    ...(settled.strangers === undefined ? { verdict } : { verdict: null, strangers: settled.strangers }),
    detail: detailOf(settled, verdict),
    url: settled.record === null ? null : serviceUrl(settled.record, settings),
  };
}

function detailOf(settled: Exclude<Settled, { readonly state: "error" }>, verdict: Verdict | null): string {
  if (settled.state === "lease-held" && settled.heldBy !== null) return heldText(settled.name, settled.heldBy);
  if (settled.state === "superseded") return "a newer revision was accepted; its run goes on";
  if (settled.state === "removed") return "is gone";
  if (settled.state === "state-older") return olderText(settled.strangers ?? []);
  if (verdict !== null) return verdict.message;
  if (settled.state === "unproven") return "no replica is wanted, so nothing was proven";
  return settled.state === "working" ? "still under way; the next tick goes on" : "";
}

function heldText(name: string, { lease: { owner }, until, alive }: Holder): string {
  const lives = alive === true ? "which is alive" : "of which nobody can tell from here whether it is alive";
  return `${ownerText(owner)} works on it, ${lives}, until ${until} at the latest; if it is dead, \`dstack-gitops state unlock ${name}\``;
}

export interface OutcomeSummary {
  readonly results: readonly ServiceResult[];
  readonly planned: number;
  readonly done: number;
  /** Last lines of the log behind a verdict, redacted, by service. */
  readonly tails: ReadonlyMap<string, readonly string[]>;
  readonly interrupted: boolean;
}

/** The outcome for people: what is served where, and what went wrong with its evidence. */
export function outcomeText(summary: OutcomeSummary, paint: Paint): string {
  const wrong = summary.results.filter((result) => result.result !== "settled");
  const served = summary.results.filter((result) => result.result === "settled" && result.url !== null);
  const lines = [
    ...(served.length > 0 && served.length <= 20
      ? served.flatMap((result) => [`Service ${result.name} is published at:`, `  ${result.url ?? ""}`])
      : []),
    ...wrong.flatMap((result) => wrongLines(result, summary.tails.get(result.name) ?? [], paint)),
    `${summary.planned === 0 ? "Nothing was to be done." : `${summary.done} of ${summary.planned} planned changes done.`}${summary.interrupted ? " Interrupted; the next run goes on from here." : ""}`,
  ];
  return lines.join("\n");
}

function wrongLines(result: ServiceResult, tail: readonly string[], paint: Paint): readonly string[] {
  const color = result.result === "failed" ? "red" : "yellow";
  const probes = result.verdict?.evidence.probes ?? [];
  return [
    paint(
      color,
      `${result.name}: ${result.result}${codeOf(result) === null ? "" : ` (${codeOf(result)})`}${result.detail === "" ? "" : `: ${result.detail}`}`,
    ),
    ...probes.map((probe) => `  probe ${probe.probe} ${probe.url}: ${answerText(probe)}`),
    ...(result.verdict?.evidence.exitCode === undefined ? [] : [`  exit code ${result.verdict.evidence.exitCode}`]),
    ...(tail.length > 0 ? ["  the log's last lines:", ...tail.map((line) => `    ${line}`)] : []),
    ...nextStep(result),
  ];
}

/** Why it is not as it was to be; `null`: for no reason of its own. */
export function codeOf({ verdict, strangers }: ServiceResult): string | null {
  return strangers === undefined ? (verdict?.code ?? null) : "state-older";
}

function nextStep({ name, verdict, strangers }: ServiceResult): readonly string[] {
  if (strangers !== undefined) return [`  next: ${repairHint}`];
  const step = verdict === null ? undefined : nextSteps[verdict.code]?.(name);
  return step === undefined ? [] : [`  next: ${step}`];
}

const nextSteps: Partial<Record<Verdict["code"], (name: string) => string>> = {
  unhealthy: (name) =>
    `fix the service file and apply again, or try the same one again with \`dstack-gitops retry ${name}\``,
  "missing-env": () => "set the variables where ticks run, or pass them with -e",
  stuck: (name) =>
    `bring back what the old revision needs, or apply one that runs; \`dstack-gitops why ${name}\` has the evidence`,
  "no-capacity": (name) =>
    `allow more offers (regions, backends, \`max_price\`), or try again with \`dstack-gitops retry ${name}\``,
  "retry-limit": (name) =>
    `\`dstack-gitops retry ${name}\` tries again; without \`retry\` in the file nothing sets a limit`,
};
