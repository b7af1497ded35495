import { changedName } from "../report/change-text.ts";
import type {
  DiagnosticDocument,
  OutcomeDocument,
  PlanDocument,
  PlannedServiceDocument,
  Printed,
} from "./documents.ts";

/** What a command did, as Markdown for the job's summary. */
export function summaryOf(title: string, { plan, outcome, diagnostics }: Printed): string {
  const parts = [
    plan === null ? "" : planTables(plan),
    outcome === null ? "" : outcomeTable(outcome),
    problems(diagnostics),
  ];
  const body = parts.filter((part) => part !== "").join("\n");
  return `### ${escape(title)}\n\n${body === "" ? "Nothing was printed.\n" : body}`;
}

function planTables(plan: PlanDocument): string {
  const changed = plan.services.filter(({ action }) => action !== "none");
  const unchanged = plan.services.length - changed.length;
  const rest = unchanged === 0 ? "" : `${unchanged} service${unchanged === 1 ? " is" : "s are"} unchanged.\n`;
  const profile = typeof plan.profile === "string" ? `Profile: ${escape(plan.profile)}\n` : "";
  if (changed.length === 0) return [profile, `No changes. ${rest}`].filter((part) => part !== "").join("\n");
  const rows = changed.map((service) => [
    escape(service.name),
    service.action,
    deployments(service),
    replicas(service),
    price(service),
    escape(service.refusal ?? service.held ?? ""),
  ]);
  const overview = table(["service", "action", "deployment", "replicas", "$/h", "note"], rows);
  return [profile, overview, ...changed.map(details), rest].filter((part) => part !== "").join("\n");
}

function details(service: PlannedServiceDocument): string {
  const changes = service.changes.map(({ path, part, effect, file, line }) => [
    escape(changedName({ path, part })),
    escape(effect),
    escape(file === null ? "" : line === null ? file : `${file}:${line}`),
  ]);
  const timeline = service.timeline.map(({ at, event, replica, detail }) => [
    `${at} s`,
    escape(event),
    replica === null ? "" : String(replica),
    escape(detail),
  ]);
  const reasons = service.reasons.map(({ about, text }) => `- ${escape(about)}: ${escape(text)}`);
  const parts = [
    changes.length === 0 ? "" : table(["changed property", "effect", "where"], changes),
    timeline.length === 0 ? "" : table(["at", "event", "replica", "detail"], timeline),
    reasons.length === 0 ? "" : `${reasons.join("\n")}\n`,
  ].filter((part) => part !== "");
  if (parts.length === 0) return "";
  return `<details><summary>${escape(service.name)}</summary>\n\n${parts.join("\n")}\n</details>\n`;
}

function outcomeTable({ planned, done, services }: OutcomeDocument): string {
  const rows = services.map(({ name, result, verdict }) => [escape(name), escape(result), escape(verdict ?? "")]);
  const counts = planned === 0 ? "There was nothing to do.\n" : `${done} of ${planned} done.\n`;
  return rows.length === 0 ? counts : `${counts}\n${table(["service", "result", "verdict"], rows)}`;
}

function problems(diagnostics: readonly DiagnosticDocument[]): string {
  if (diagnostics.length === 0) return "";
  const rows = diagnostics.map(({ severity, file, line, column, message }) => [
    severity,
    escape([file, line, column].filter((part) => part !== undefined).join(":")),
    escape(message),
  ]);
  return table(["", "where", "what"], rows);
}

function deployments({ deployment: { from, to } }: PlannedServiceDocument): string {
  if (from === null || to === null || from === to) return String(to ?? from ?? "");
  return `${from} → ${to}`;
}

function replicas({ replicas: { current, min, max } }: PlannedServiceDocument): string {
  const wanted = min === max ? String(min) : `${min}–${max}`;
  return String(current) === wanted ? wanted : `${current} → ${wanted}`;
}

function price({ price: { before, after } }: PlannedServiceDocument): string {
  return before === after ? String(after) : `${before} → ${after}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return `${[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}

/** Text that comes from files and providers, so that it is shown as it is and nothing of it is Markdown or HTML. */
function escape(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[&<>"'`*_~|[\]\\#!@]/g, (character) => `&#${character.charCodeAt(0)};`);
}
