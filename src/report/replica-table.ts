import { formatPrice } from "../lib/format-price.ts";
import { fromTimestamp } from "../lib/timestamp.ts";
import { waitsIn } from "../reconciler/decide/stuck.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import { formatAgo } from "./format.ts";
import { replicaError, replicaText, restText, type ServiceStatus, statusText } from "./status.ts";
import type { Paint } from "./style.ts";
import { table } from "./table.ts";

/** A replica as it is shown: what is recorded, and what is seen of its probes now. */
export interface ShownReplica {
  readonly replica: ReplicaRecord;
  /** One symbol for each probe, in the order of the configuration (facts §7). */
  readonly probes: readonly ProbeSymbol[];
}

/** Ready, succeeding but not for long enough, failing. */
export type ProbeSymbol = "✓" | "~" | "×";

/** The reference's symbol for a probe after so many successes in a row (facts §7). */
export function probeSymbol(successes: number, readyAfter: number): ProbeSymbol {
  if (successes <= 0) return "×";
  return successes >= readyAfter ? "✓" : "~";
}

export interface ShownService {
  readonly record: ServiceRecord;
  readonly status: ServiceStatus;
  readonly replicas: readonly ShownReplica[];
}

export interface TableOptions {
  readonly paint: Paint;
  readonly verbose: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** `ps`: a row a service and a row a replica, as dstack prints them (facts §11.4). */
export function replicaTable(services: readonly ShownService[], options: TableOptions): string {
  if (services.length === 0) return "No services.";
  const probes =
    options.verbose || services.some((service) => service.replicas.some((shown) => shown.probes.length > 0));
  const head = [
    "NAME",
    "BACKEND",
    ...(options.verbose ? ["INSTANCE"] : []),
    "PRICE",
    "STATUS",
    ...(probes ? ["PROBES"] : []),
    "SUBMITTED",
    ...(options.verbose ? ["ERROR"] : []),
  ];
  const rows = services.flatMap((service) => serviceRows(service, { ...options, probes }));
  return table(head, rows);
}

type RowOptions = TableOptions & { readonly probes: boolean };

function serviceRows(service: ShownService, options: RowOptions): readonly (readonly string[])[] {
  const { record } = service;
  const price = record.replicas.reduce((sum, replica) => sum + replica.price, 0);
  const submitted = record.target?.acceptedAt ?? record.deployments.at(-1)?.acceptedAt ?? null;
  const run = [
    `${options.paint("bold", record.name)} deployment=${record.current}`,
    "",
    ...(options.verbose ? [""] : []),
    formatPrice(price),
    `${options.paint(colorOf(service.status), statusText(record))}${marks(record, options.paint)}`,
    ...(options.probes ? [""] : []),
    submitted === null ? "" : formatAgo(fromTimestamp(submitted), options.now),
    ...(options.verbose ? [serviceError(record)] : []),
  ];
  return [run, ...service.replicas.map((shown) => replicaRow(shown, record, options))];
}

/** What stands in the way of a service, or why it rests. */
function serviceError(record: ServiceRecord): string {
  const { verdict } = record;
  return verdict === null ? (restText(record) ?? "") : `${verdict.code}: ${verdict.message}`;
}

function marks(record: ServiceRecord, paint: Paint): string {
  const paused = record.paused === null ? "" : paint("yellow", " (paused)");
  const { verdict } = record;
  if (verdict === null) return paused;
  return `${paused}${paint("red", ` (${verdict.code}${waitsIn(verdict) ? ", going back waits" : ""})`)}`;
}

function replicaRow(shown: ShownReplica, record: ServiceRecord, options: RowOptions): readonly string[] {
  const { replica, probes } = shown;
  return [
    `  replica=${replica.num} deployment=${replica.deployment}`,
    `${replica.backend} (${replica.region})`,
    ...(options.verbose ? [replica.instance ?? "-"] : []),
    formatPrice(replica.price),
    options.paint(colorOf(replica.status), replicaText(replica, record)),
    ...(options.probes ? [probesCell(replica.status, probes, options.paint)] : []),
    formatAgo(fromTimestamp(replica.submittedAt), options.now),
    ...(options.verbose ? [replicaError(replica, record)] : []),
  ];
}

/** Probes of a running replica in fives, so that the column can be wrapped. */
export function probesCell(status: string, probes: readonly ProbeSymbol[], paint: Paint): string {
  if (status !== "running") return "";
  return probes
    .map((symbol, index) => `${index > 0 && index % 5 === 0 ? " " : ""}${paint(symbolColors[symbol], symbol)}`)
    .join("");
}

const symbolColors = { "✓": "green", "~": "yellow", "×": "red" } as const;

function colorOf(status: string): "green" | "yellow" | "red" | "cyan" {
  if (status === "running") return "green";
  if (status === "failed") return "red";
  return status === "terminating" || status === "terminated" ? "yellow" : "cyan";
}
