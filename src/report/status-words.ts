import { formatPrice } from "../lib/format-price.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { overdueAfter } from "../reconciler/overdue.ts";
import { overdueHint } from "./overdue-text.ts";
import { minuteText } from "./readable-time.ts";
import type { ServiceLine } from "./service-line.ts";
import type { Tone } from "./service-summary.ts";
import type { StatusReport } from "./status-report.ts";

/** One symbol a tone, so that nothing is told by colour alone. */
export const toneSymbols: Readonly<Record<Tone, string>> = { good: "✓", busy: "~", bad: "×", held: "‖", off: "○" };

export const marksLegend =
  "Services: ✓ settled, ~ under way, × needs somebody, ‖ paused, ○ nothing is wanted now. Replicas, one symbol a probe, as last recorded: ✓ has been ready, ~ not ready yet, × failed; `ps -v` probes them now.";

export const aboutBranch =
  "This branch is written by dstack-gitops; its format is described in the project's `state/README.md`. Edits of the records under `services/` are taken up when they are valid.";

/** When the page was drawn: as of the newest change, for the same state gives the same page. */
export function drawnText({ newest, generation }: StatusReport): string {
  return newest === null
    ? "Nothing is recorded."
    : `As of ${minuteText(toTimestamp(newest))}, the newest change (commit ${generation} of the state).`;
}

/** Totals as pairs of a name and a value. */
export function totalsText({ totals, counts }: StatusReport): readonly (readonly [name: string, value: string])[] {
  const { services, running, ready, wanted, price, spent, paused, quarantined } = totals;
  return [
    ["services", String(services)],
    ["not settled", String(counts.open)],
    ["running replicas", `${running} of ${wanted}`],
    ["ready", String(ready)],
    ["price now", `${formatPrice(price)}/h`],
    ...(spent === null ? [] : [[`spent in ${spent.month}`, `$${spent.amount.toFixed(2)}`] as const]),
    ...(paused === 0 ? [] : [["paused", String(paused)] as const]),
    ...(quarantined === 0 ? [] : [["quarantined", String(quarantined)] as const]),
  ];
}

export function deploymentText({ record, commit }: ServiceLine): string {
  return `${record.current} (${commit ?? "work tree"})`;
}

export function replicasText({ ready, wanted, marks }: ServiceLine): string {
  const shown = marks.length <= 10 ? marks : [...marks.slice(0, 10), "…"];
  return `${ready} of ${wanted}${shown.length === 0 ? "" : ` ${shown.join(" ")}`}`;
}

export function statusWords({ status, rest, record }: ServiceLine): string {
  const paused = record.paused === null ? null : "paused";
  const why = [rest, paused, record.verdict?.code ?? null].filter((part) => part !== null);
  return why.length === 0 ? status : `${status} (${why.join(", ")})`;
}

/** When it was accepted, and by whom. */
export function changeText({ record }: ServiceLine): { readonly at: string | null; readonly by: string } {
  const { target } = record;
  return target === null ? { at: null, by: "removal accepted" } : { at: target.acceptedAt, by: target.by };
}

/** An address as it is shown: without what all of them have. */
export function addressText(url: string): string {
  return url.replace(/^http:\/\//, "").replace(/\/$/, "");
}

export const dueText = `Where one of these times is past by more than ${overdueAfter / 60_000} minutes, no tick has come: ${overdueHint}`;

/** Says of a list that was cut how much more there is. */
export function moreText(shown: number, count: number, what: string): readonly string[] {
  return shown >= count ? [] : [`And ${count - shown} more ${what}.`];
}

/** Why the table has not all services, or where the rest is. */
export function othersText({ listed, others, totals, counts }: StatusReport): string | null {
  if (others !== null) return `${others.length} settled services`;
  const left = totals.services - counts.listed;
  return left <= 0 || listed.length === totals.services
    ? null
    : `${left} further services have settled and are not listed; \`ps NAME\` shows them.`;
}
