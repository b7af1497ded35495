import { formatPrice } from "../lib/format-price.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { markdownLink, markdownText } from "./markdown-text.ts";
import { minuteText } from "./readable-time.ts";
import { remembered } from "./remembered.ts";
import type { ServiceLine } from "./service-line.ts";
import type { StatusReport } from "./status-report.ts";
import {
  aboutBranch,
  addressText,
  changeText,
  deploymentText,
  drawnText,
  dueText,
  marksLegend,
  moreText,
  othersText,
  replicasText,
  statusWords,
  toneSymbols,
  totalsText,
} from "./status-words.ts";

/** `README.md` of the state branch: what is recorded, for people. */
export function statusPage(report: StatusReport): string {
  const { counts, open, openInFull, due } = report;
  return `${[
    `# Services of ${markdownText(report.project)}`,
    ...totals(report),
    ...serviceTable(report),
    ...(openInFull.length === 0 ? [] : ["## Not settled", ...openInFull.map(remembered(openSection))]),
    ...moreText(
      openInFull.length,
      counts.open,
      open.length > openInFull.length ? "that are in the table only" : "services",
    ),
    ...othersSection(report),
    ...(due.length === 0 ? [] : ["## What is due", dueText, due.map(remembered(dueLine)).join("\n")]),
    ...moreText(due.length, counts.due, "services for which something is due"),
    aboutBranch,
  ].join("\n\n")}\n`;
}

function totals(report: StatusReport): readonly string[] {
  if (report.totals.services === 0) return [drawnText(report)];
  const pairs = totalsText(report);
  const statuses = report.totals.statuses.map(
    ({ status, tone, count }) => `${markdownText(toneSymbols[tone])} ${status}: **${count}**`,
  );
  return [
    [
      `| ${pairs.map(([name]) => name).join(" | ")} |`,
      `|${" --- |".repeat(pairs.length)}`,
      `| ${pairs.map(([, value]) => value).join(" | ")} |`,
    ].join("\n"),
    `${statuses.join(" · ")}. ${report.counts.open === 0 ? "Everything has settled." : `**${report.counts.open} have not settled.**`}`,
    drawnText(report),
  ];
}

function serviceTable({ listed, counts }: StatusReport): readonly string[] {
  if (listed.length === 0) return [];
  const head = ["service", "status", "deployment", "ready replicas", "$/h", "endpoint", "last change"];
  return [
    [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...listed.map(remembered(row))].join("\n"),
    ...moreText(listed.length, counts.listed, "that have not settled"),
    marksLegend,
  ];
}

function row(line: ServiceLine): string {
  const { at, by } = changeText(line);
  const cells = [
    markdownText(line.record.name),
    markdownText(`${toneSymbols[line.tone]} ${statusWords(line)}`),
    markdownText(deploymentText(line)),
    markdownText(replicasText(line)),
    formatPrice(line.price),
    line.url === null ? "" : markdownLink(line.url, addressText(line.url)),
    at === null ? by : `${minuteText(at)} by ${markdownText(by)}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function openSection({ record, notes }: ServiceLine): string {
  const lines = notes.map(({ label, text }) => `- **${markdownText(label)}**: ${markdownText(text)}`);
  return `### ${markdownText(record.name)}\n\n${lines.join("\n")}`;
}

function othersSection(report: StatusReport): readonly string[] {
  const text = othersText(report);
  if (text === null) return [];
  if (report.others === null) return [text];
  return [
    `<details><summary>${text}</summary>`,
    report.others.map(({ record }) => markdownText(record.name)).join(", "),
    "</details>",
  ];
}

function dueLine({ record, due }: ServiceLine): string {
  return due === null ? "" : `- ${markdownText(record.name)}: ${toTimestamp(due.at)} (${markdownText(due.why)})`;
}
