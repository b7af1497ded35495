import type { Settings } from "../config/settings.ts";
import { costUntil, endedIn, monthOf } from "../reconciler/decide/money.ts";
import type { ServiceRecord, ServiceState } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { serviceLine } from "./service-line.ts";
import type { ServiceLine } from "./service-line.ts";
import { serviceSummary } from "./service-summary.ts";
import type { ServiceSummary, Tone } from "./service-summary.ts";

/** What the status page says of a state, for whoever draws it. Bounded in size however many services there are. */
export interface StatusReport {
  readonly project: string;
  readonly generation: number;
  /** Of the newest change, in milliseconds since the epoch; `null`: nothing is recorded. */
  readonly newest: number | null;
  readonly totals: Totals;
  /** Services that have not settled, the worst first, of which `openInFull` are told in full. */
  readonly open: readonly ServiceLine[];
  readonly openInFull: readonly ServiceLine[];
  /** The table's services: all, or those of `open` where there are too many. */
  readonly listed: readonly ServiceLine[];
  /** The other ones, by name; `null`: too many even for that. */
  readonly others: readonly ServiceLine[] | null;
  /** Services for which something is to be done though nothing happens, the next first. */
  readonly due: readonly ServiceLine[];
  /** How many there are of which the lists above show the first. */
  readonly counts: { readonly open: number; readonly listed: number; readonly due: number };
}

export interface Totals {
  readonly services: number;
  /** Services by status and tone, the worst first. */
  readonly statuses: readonly StatusCount[];
  readonly running: number;
  readonly ready: number;
  readonly wanted: number;
  /** $/hour. */
  readonly price: number;
  /** In USD, in the month of the newest change and up to it. */
  readonly spent: { readonly month: string; readonly amount: number } | null;
  readonly paused: number;
  readonly quarantined: number;
}

export interface StatusCount {
  readonly status: string;
  readonly tone: Tone;
  readonly count: number;
}

/** With more services than this, only those that have not settled have rows in the table. */
const mostRows = 200;
/** Rows of services that have not settled, and of them those that are told in full. */
const mostOpen = 300;
const mostInFull = 100;
const mostNames = 1000;
const mostDue = 100;

/** Makes reports of one project's states; a service that did not change is not looked at again. */
export function statusReporter(settings: Settings): (snapshot: Snapshot) => StatusReport {
  const summaries = new WeakMap<ServiceRecord, ServiceSummary>();
  return (snapshot) => {
    const all: ServiceSummary[] = [];
    for (const state of snapshot.services.values()) if (state.record !== null) all.push(summaryOf(state, state.record));
    return reportOf(all, snapshot, settings);
  };

  function summaryOf(state: ServiceState, record: ServiceRecord): ServiceSummary {
    const known = summaries.get(record);
    if (known !== undefined && known.state.intents === state.intents && known.state.lease === state.lease) return known;
    const summary = serviceSummary(state, record, settings.policy);
    summaries.set(record, summary);
    return summary;
  }
}

function reportOf(all: readonly ServiceSummary[], snapshot: Snapshot, settings: Settings): StatusReport {
  const lineOf = (summary: ServiceSummary): ServiceLine => serviceLine(summary, settings);
  const worstFirst = all.filter(({ isOpen }) => isOpen).sort((a, b) => rank[a.tone] - rank[b.tone] || byName(a, b));
  const open = worstFirst.slice(0, mostOpen).map(lineOf);
  const few = all.length <= mostRows;
  const others = few || all.length - worstFirst.length > mostNames ? null : all.filter(({ isOpen }) => !isOpen);
  const due = all.filter((summary) => summary.due !== null).sort((a, b) => dueAt(a) - dueAt(b) || byName(a, b));
  const newest = all.length === 0 ? null : all.reduce((latest, summary) => Math.max(latest, summary.newest), 0);
  return {
    project: settings.project,
    generation: snapshot.generation,
    newest,
    totals: totalsOf(all, newest, snapshot.gone),
    open,
    openInFull: open.slice(0, mostInFull),
    listed: few ? all.toSorted(byName).map(lineOf) : open,
    others: others?.toSorted(byName).map(lineOf) ?? null,
    due: due.slice(0, mostDue).map(lineOf),
    counts: { open: worstFirst.length, listed: few ? all.length : worstFirst.length, due: due.length },
  };
}

/** What a person should see first. */
const rank: Readonly<Record<Tone, number>> = { bad: 0, busy: 1, held: 2, off: 3, good: 4 };

function totalsOf(all: readonly ServiceSummary[], newest: number | null, gone: Snapshot["gone"]): Totals {
  const statuses = new Map<string, StatusCount>();
  for (const { tone, status } of all) {
    const key = `${tone} ${status}`;
    statuses.set(key, { status, tone, count: (statuses.get(key)?.count ?? 0) + 1 });
  }
  return {
    services: all.length,
    statuses: [...statuses.values()].sort(
      (a, b) => rank[a.tone] - rank[b.tone] || b.count - a.count || (a.status < b.status ? -1 : 1),
    ),
    running: sum(all, ({ running }) => running),
    ready: sum(all, ({ ready }) => ready),
    wanted: sum(all, ({ wanted }) => wanted),
    price: sum(all, ({ price }) => price),
    spent: newest === null ? null : spentIn(monthOf(newest), all, { newest, gone }),
    paused: sum(all, ({ record }) => (record.paused === null ? 0 : 1)),
    quarantined: sum(all, ({ record }) => (record.quarantined.length === 0 ? 0 : 1)),
  };
}

function spentIn(
  month: string,
  all: readonly ServiceSummary[],
  { newest, gone }: { readonly newest: number; readonly gone: Snapshot["gone"] },
): Totals["spent"] {
  const ended = endedIn(gone, month) + sum(all, ({ record }) => endedIn(record, month));
  return { month, amount: ended + sum(all, ({ charges }) => costUntil(newest, charges)) };
}

function sum(all: readonly ServiceSummary[], of: (summary: ServiceSummary) => number): number {
  return all.reduce((total, summary) => total + of(summary), 0);
}

function byName(a: ServiceSummary, b: ServiceSummary): number {
  return a.record.name < b.record.name ? -1 : 1;
}

function dueAt({ due }: ServiceSummary): number {
  return due?.at ?? Infinity;
}
