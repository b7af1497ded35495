import type { Settings } from "../config/settings.ts";
import { formatPrice } from "../lib/format-price.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { isComplete } from "../reconciler/decide/finish.ts";
import { dueOf, overdueAfter } from "../reconciler/overdue.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { overdueHint } from "./overdue-text.ts";
import { serviceUrl } from "./service-url.ts";
import { replicaText, restText, statusText } from "./status.ts";

/** With more services than this, only those that have not settled are listed. */
const mostListed = 200;

/** `README.md` of the state branch: what is recorded, for people. The same state gives the same page, so it holds no ages. */
export function statusPage(snapshot: Snapshot, settings: Settings): string {
  const records = [...snapshot.services.values()].flatMap(({ record }) => (record === null ? [] : [record]));
  records.sort((a, b) => (a.name < b.name ? -1 : 1));
  const open = records.filter((record) => !isComplete(record) || record.verdict !== null || record.paused !== null);
  const listed = records.length > mostListed ? open : records;
  return `${[
    `# Services of \`${settings.project}\``,
    totals(records, open.length),
    ...(listed.length === 0 ? [] : [serviceTable(listed, settings)]),
    ...open.flatMap(openSection),
    ...dueSection(snapshot, settings),
    "This branch is written by dstack-gitops; its format is described in the project's `state/README.md`. Edits of the records under `services/` are taken up when they are valid.",
  ].join("\n\n")}\n`;
}

function totals(records: readonly ServiceRecord[], open: number): string {
  const replicas = records.flatMap((record) => record.replicas);
  const price = replicas.reduce((sum, replica) => sum + replica.price, 0);
  const running = replicas.filter((replica) => replica.status === "running").length;
  return `${records.length} services, ${running} running replicas, ${formatPrice(price)}/h. ${open === 0 ? "Everything has settled." : `${open} have not settled.`}`;
}

function serviceTable(records: readonly ServiceRecord[], settings: Settings): string {
  const rows = records.map((record) => {
    const price = record.replicas.reduce((sum, replica) => sum + replica.price, 0);
    const url = serviceUrl(record, settings);
    const ready = record.replicas.filter((replica) => replica.status === "running" && replica.readyAt !== null).length;
    return `| ${record.name} | ${statusText(record)}${restMark(record)} | ${record.current} | ${ready} of ${record.replicas.length} | ${formatPrice(price)} | ${url ?? ""} | ${lastChange(record)} |`;
  });
  return [
    "| service | status | deployment | ready replicas | $/h | endpoint | last change |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function restMark(record: ServiceRecord): string {
  const why = restText(record);
  return why === null ? "" : ` (${why})`;
}

function lastChange(record: ServiceRecord): string {
  if (record.target === null) return "removal accepted";
  const from = record.target.commit === null ? "the work tree" : record.target.commit.slice(0, 12);
  return `${record.target.acceptedAt}, ${cell(record.target.by)}, from ${from}`;
}

/** When passes have something to do though nothing happens: whoever reads it can tell whether any came. */
function dueSection({ services }: Snapshot, { policy }: Settings): readonly string[] {
  const dues = [...services]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, service]) => {
      const due = dueOf(service, policy);
      return due === null ? [] : [`- ${name}: ${toTimestamp(due.at)} (${cell(due.why)})`];
    });
  if (dues.length === 0) return [];
  const lines =
    dues.length > mostListed ? [...dues.slice(0, mostListed), `- and ${dues.length - mostListed} more`] : dues;
  return [
    "## What is due",
    `Where one of these times is past by more than ${overdueAfter / 60_000} minutes, no tick has come: ${overdueHint}`,
    lines.join("\n"),
  ];
}

function openSection(record: ServiceRecord): readonly string[] {
  const lines = [
    ...(record.paused === null ? [] : [`- paused by ${cell(record.paused.by)} since ${record.paused.at}`]),
    ...(record.verdict === null
      ? []
      : [`- verdict \`${record.verdict.code}\` at ${record.verdict.at}: ${cell(record.verdict.message)}`]),
    ...(record.verdict?.evidence.probes ?? []).map(
      (probe) =>
        `- probe ${probe.probe} ${cell(probe.url)}: ${probe.status === null ? cell(probe.error ?? "no answer") : `answered ${probe.status}`}`,
    ),
    ...record.replicas.map((replica) => replicaLine(replica, record)),
  ];
  return [`## ${record.name}`, lines.join("\n")];
}

function replicaLine(replica: ReplicaRecord, record: ServiceRecord): string {
  const ready = replica.readyAt === null ? "not ready" : `ready since ${replica.readyAt}`;
  return `- replica ${replica.num}, deployment ${replica.deployment}: ${replicaText(replica, record)}, ${ready}, on ${replica.backend} (${cell(replica.region)})`;
}

/** Text that somebody else wrote, so that it stays text. */
function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#]/g, (mark) => `\\${mark}`).replace(/\s+/g, " ");
}
