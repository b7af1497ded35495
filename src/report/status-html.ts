import { hash } from "node:crypto";

import { formatPrice } from "../lib/format-price.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { htmlLink, htmlProse, htmlText } from "./html-text.ts";
import { minuteText } from "./readable-time.ts";
import { remembered } from "./remembered.ts";
import type { ServiceLine } from "./service-line.ts";
import type { Tone } from "./service-summary.ts";
import { columns, statusCss } from "./status-css.ts";
import type { StatusReport } from "./status-report.ts";
import {
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

/** Nothing is loaded and nothing runs; the one style sheet is told by its hash. */
const policy = `default-src 'none'; style-src 'sha256-${hash("sha256", statusCss, "base64")}'; base-uri 'none'; form-action 'none'`;

/** `index.html` of the state branch: the same as its README, as one page that needs nothing else. */
export function statusHtml(report: StatusReport): string {
  const title = `Services of ${htmlText(report.project)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${statusCss}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="drawn">${htmlText(drawnText(report))}</p>
</header>
<main>
${[totals(report), openSection(report), tableSection(report), othersSection(report), dueSection(report)].filter((part) => part !== "").join("\n")}
</main>
<footer><p>Written by dstack-gitops with every change of the state.</p></footer>
</body>
</html>
`;
}

function totals(report: StatusReport): string {
  if (report.totals.services === 0) return "";
  const pairs = totalsText(report).map(([name, value]) => `<div><dt>${htmlText(name)}</dt><dd>${value}</dd></div>`);
  const statuses = report.totals.statuses.map(
    ({ status, tone, count }) => `<li>${badge(tone, status)} <b>${count}</b></li>`,
  );
  return `<section aria-label="Totals">
<dl class="totals">${pairs.join("")}</dl>
<ul class="statuses" aria-label="Services by status">${statuses.join("")}</ul>
</section>`;
}

function badge(tone: Tone, text: string): string {
  return `<span class="badge ${tone}"><span aria-hidden="true">${toneSymbols[tone]}</span> ${htmlText(text)}</span>`;
}

function openSection({ openInFull, open, counts, totals: { services } }: StatusReport): string {
  if (services === 0) return "";
  if (counts.open === 0) return `<section><h2>Not settled</h2><p>Everything has settled.</p></section>`;
  return `<section>
<h2>Not settled <small>${counts.open}</small></h2>
${openInFull.map(remembered(openCard)).join("\n")}
${paragraphs(moreText(openInFull.length, counts.open, open.length > openInFull.length ? "that are in the table only" : "services"))}
</section>`;
}

function openCard(line: ServiceLine): string {
  const notes = line.notes.map(({ label, text }) => `<div><dt>${htmlText(label)}</dt><dd>${htmlText(text)}</dd></div>`);
  return `<article class="${line.tone}">
<h3>${htmlText(line.record.name)} ${badge(line.tone, statusWords(line))}</h3>
<dl>${notes.join("")}</dl>
</article>`;
}

function tableSection({ listed, counts }: StatusReport): string {
  if (listed.length === 0) return "";
  const head = columns.map((name) => `<th scope="col" role="columnheader">${name}</th>`).join("");
  return `<section>
<h2 id="services">Services</h2>
<table role="table" aria-labelledby="services">
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">
${listed.map(remembered(row)).join("\n")}
</tbody>
</table>
${paragraphs(moreText(listed.length, counts.listed, "that have not settled"))}
<p class="legend">${htmlProse(marksLegend)}</p>
</section>`;
}

/** On a narrow screen a row is a card, whose cells tell their columns; the roles keep it a table for those who listen. */
function row(line: ServiceLine): string {
  const { at, by } = changeText(line);
  const cells = [
    badge(line.tone, statusWords(line)),
    htmlText(deploymentText(line)),
    htmlText(replicasText(line)),
    formatPrice(line.price),
    line.url === null ? "–" : htmlLink(line.url, addressText(line.url)),
    at === null ? htmlText(by) : `<time datetime="${at}">${htmlText(minuteText(at))}</time> by ${htmlText(by)}`,
  ].map((cell) => `<td role="cell"><div>${cell}</div></td>`);
  return `<tr role="row"><th scope="row" role="rowheader">${htmlText(line.record.name)}</th>${cells.join("")}</tr>`;
}

function othersSection(report: StatusReport): string {
  const text = othersText(report);
  if (text === null) return "";
  if (report.others === null) return `<p>${htmlProse(text)}</p>`;
  const names = report.others.map(({ record, url }) =>
    url === null ? `<li>${htmlText(record.name)}</li>` : `<li>${htmlLink(url, record.name)}</li>`,
  );
  return `<details><summary>${text}</summary><ul class="names">${names.join("")}</ul></details>`;
}

function dueSection({ due, counts }: StatusReport): string {
  if (due.length === 0) return "";
  return `<section>
<h2>What is due</h2>
<p>${htmlProse(dueText)}</p>
<ul class="due">
${due.map(remembered(dueItem)).join("\n")}
</ul>
${paragraphs(moreText(due.length, counts.due, "services for which something is due"))}
</section>`;
}

function dueItem({ record, due }: ServiceLine): string {
  if (due === null) return "";
  const at = toTimestamp(due.at);
  return `<li><b>${htmlText(record.name)}</b>: <time datetime="${at}">${htmlText(minuteText(at))}</time> (${htmlText(due.why)})</li>`;
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => `<p>${htmlText(text)}</p>`).join("\n");
}
