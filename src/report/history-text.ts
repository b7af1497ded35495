import { terminalLine } from "../lib/terminal-text.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { sourceText } from "../reconciler/commit-message.ts";
import type { Compacted } from "../state/compacted.ts";
import { parts } from "../state/layout.ts";
import type { Part } from "../state/layout.ts";
import { touchedBy } from "../state/past.ts";
import type { PastCommit } from "../state/past.ts";
import { trailersOf } from "../state/trailers.ts";
import type { Paint } from "./style.ts";
import { table } from "./table.ts";

/** Which commits are asked for. */
export interface HistoryQuery {
  /** Those that changed something of this service alone; `null`: all. */
  readonly name: string | null;
  readonly limit: number;
  /** Not before this time, in milliseconds since the epoch. */
  readonly since: number | null;
  /** With those that did nothing but move a lease. */
  readonly leases: boolean;
}

/** The commits that a query asks for, of those that were read, newest first. */
export function askedFor(commits: readonly PastCommit[], query: HistoryQuery): readonly PastCommit[] {
  const { name, limit, since, leases } = query;
  return commits
    .filter((commit) => since === null || commit.at >= since)
    .filter((commit) => {
      const touched = touchedBy(commit);
      if (name !== null && !touched.has(name)) return false;
      const about = name === null ? [...touched.values()] : [touched.get(name) ?? new Set<Part>()];
      return leases || about.length === 0 || about.some((each) => each.has("record") || each.has("intents"));
    })
    .slice(0, limit);
}

/** Whether older commits can add nothing to what a query asks for. */
export function isAnswered(commits: readonly PastCommit[], query: HistoryQuery): boolean {
  const oldest = commits.at(-1);
  if (query.since !== null && oldest !== undefined && oldest.at < query.since) return true;
  return askedFor(commits, query).length >= query.limit;
}

export interface ShownHistory {
  readonly commits: readonly PastCommit[];
  readonly query: HistoryQuery;
  /** With what a commit says beyond what happened. */
  readonly verbose: boolean;
}

/** What happened, for people. */
export function historyText({ commits, query, verbose }: ShownHistory, paint: Paint): string {
  const named = query.name !== null;
  const rows = commits.flatMap((commit) => {
    const [first = "", ...more] = linesOf(commit, { name: query.name, verbose }).map(terminalLine);
    const what = commit.written ? first : `${paint("yellow", `by hand, ${terminalLine(commit.author)}:`)} ${first}`;
    const parts = query.name === null ? [] : [namesOf(touchedBy(commit).get(query.name) ?? new Set()).join(", ")];
    const blank = named ? ["", "", "", ""] : ["", "", ""];
    return [
      [
        paint("gray", timeText(commit.at)),
        `g${commit.generation}`,
        paint("gray", commit.commit.slice(0, 10)),
        ...parts,
        what,
      ],
      ...more.map((line) => [...blank, line]),
    ];
  });
  return table(["TIME", "STATE", "COMMIT", ...(named ? ["CHANGED"] : []), "WHAT"], rows);
}

const partNames = { record: "record", intents: "journal", lease: "lease" } as const satisfies Record<Part, string>;

function namesOf(touched: ReadonlySet<Part>): readonly string[] {
  return parts.filter((part) => touched.has(part)).map((part) => partNames[part]);
}

function timeText(at: number): string {
  return toTimestamp(at).replace(/\.\d+Z$/, "Z");
}

/** A commit's first line; what was written together, one line each; with all that it says where that is wanted. */
function linesOf(
  { message, written }: PastCommit,
  { name, verbose }: { readonly name: string | null; readonly verbose: boolean },
): readonly string[] {
  const [subject = "", ...rest] = message.trimEnd().split("\n");
  if (!written) return [subject];
  const body = rest.filter((line) => /^ *- /.test(line));
  const items = itemsOf(body);
  if (!/ \(and \d+ more\)$/.test(subject)) return verbose ? [subject, ...body.map((line) => `  ${line}`)] : [subject];
  const about = name === null ? items : items.filter(([line = ""]) => isAbout(line, name));
  const chosen = about.length === 0 ? items : about;
  return chosen.flatMap(([line = "", ...details]) => [line.slice(2), ...(verbose ? details : [])]);
}

/** What was written together: a line each, with its details. */
function itemsOf(body: readonly string[]): readonly (readonly string[])[] {
  const items: string[][] = [];
  for (const line of body) {
    if (line.startsWith("- ")) items.push([line]);
    else items.at(-1)?.push(line);
  }
  return items;
}

/** Lines begin with the services that they are about: `web, api: …`. */
function isAbout(line: string, name: string): boolean {
  return (line.slice(2).split(":")[0] ?? "").split(/, | and /).includes(name);
}

/** What is said of commits that are not there any more; nothing where all are. */
export function compactedText(compacted: Compacted | undefined, name: string | null): readonly string[] {
  if (compacted === undefined) return [];
  const { at, commits, first, last } = compacted;
  const general = `Older history was compacted at ${at}: ${commits} commits, from ${first.at} to g${last.generation} at ${last.at}, are summarised in history.json.`;
  const service = compacted.services.find((each) => each.name === name);
  if (service === undefined) return [general];
  const accepted = service.accepted.map(
    ({ deployment, at: when, by, commit }) =>
      `  deployment ${deployment} was accepted by ${by} at ${when}, from ${sourceText({ commit })}`,
  );
  return [general, `${service.commits} of them were about ${service.name}, the last at ${service.last}.`, ...accepted];
}

/** A commit of the history as data. */
export function historyJson(commit: PastCommit): unknown {
  const [what = "", ...rest] = commit.message.trimEnd().split("\n");
  const [by] = trailersOf(commit.message, "By");
  return {
    commit: commit.commit,
    generation: commit.generation,
    at: toTimestamp(commit.at),
    byHand: !commit.written,
    by: by ?? (commit.written ? null : commit.author),
    what,
    details: commit.written ? rest.filter((line) => /^ *- /.test(line)) : rest.filter((line) => line !== ""),
    services: [...touchedBy(commit)].map(([name, touched]) => ({ name, parts: namesOf(touched) })),
  };
}
