import { hash } from "node:crypto";

import type { HistoryLimits } from "../config/settings.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { summaries } from "./compacted-services.ts";
import type { Compacted, Milestone } from "./compacted.ts";
import type { Past, PastCommit } from "./past.ts";
import type { Snapshot } from "./store.ts";

/** Fewer commits than this are not worth a new history, however old they are. */
const leastByAge = 100;
/** What is younger, in milliseconds, stays: its writer may still look for it. */
const youngest = 60 * 60_000;

/** Whether more history is there than is to be kept, as far as the newest state alone tells. */
export function isCompactionDue(
  { generation, compacted, format }: Snapshot,
  { commits, age }: HistoryLimits,
  now: number,
): boolean {
  const count = generation - (compacted?.oldest.generation ?? 1) + 1;
  const since = compacted?.oldest.at ?? format?.createdAt;
  if (commits !== null && count > commits) return true;
  return age !== null && since !== undefined && count > leastByAge && now - Date.parse(since) > age * 1000;
}

/**
 * How many of the newest commits stay when the older ones go; `null`: all of them. Half of what is allowed stays, so that it is
 * long until the next time. The oldest that stays says its own generation.
 */
export function commitsToKeep({ commits }: Past, limits: HistoryLimits, now: number): number | null {
  const count = commits.length;
  const youngerThan = (milliseconds: number): number => {
    const older = commits.findIndex(({ at }) => now - at >= milliseconds);
    return older === -1 ? count : older;
  };
  const keeps = [
    ...(limits.commits !== null && count > limits.commits ? [Math.ceil(limits.commits / 2)] : []),
    ...(limits.age !== null && count > leastByAge && youngerThan(limits.age * 1000) < count
      ? [Math.max(leastByAge / 2, youngerThan(limits.age * 500))]
      : []),
  ];
  if (keeps.length === 0) return null;
  let keep = Math.max(1, youngerThan(youngest), Math.min(...keeps));
  while (keep < count && commits[keep - 1]?.written === false) keep += 1;
  return keep >= count ? null : keep;
}

export interface Compacting {
  readonly past: Past;
  readonly keep: number;
  readonly now: number;
  /** Of the compaction before; `null`: there was none. */
  readonly before: Compacted | null;
  /** Contents of records that the commits which go have written, by id. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** The summary of what goes. */
export function compactedBy({ past, keep, now, before, contents }: Compacting): Compacted {
  const { commits } = past;
  const dropped = commits.slice(keep);
  const [tip, oldest, last, first] = [commits[0], commits[keep - 1], dropped[0], dropped.at(-1)];
  if (tip === undefined || oldest === undefined || last === undefined || first === undefined)
    throw new Error("a compaction keeps commits, and drops some");
  const oldestFirst = commits.map(({ commit }) => commit).toReversed();
  return {
    at: toTimestamp(now),
    compactions: (before?.compactions ?? 0) + 1,
    // The oldest of a compacted branch stands for one that was there before.
    commits: (before?.commits ?? 0) + dropped.length,
    first: before?.first ?? milestone(first),
    last: milestone(last),
    oldest: milestone(oldest),
    replaced: { ...milestone(tip), commits: commits.length },
    digest: historyDigest(before?.digest ?? null, oldestFirst),
    ...(before === null ? {} : { previous: before.digest }),
    services: summaries(before?.services ?? [], dropped, contents),
  };
}

/** What ties a summary to the commits that it stands for: whoever has kept them can work it out again. */
export function historyDigest(previous: string | null, oldestFirst: readonly string[]): string {
  const lines = previous === null ? oldestFirst : [previous, ...oldestFirst];
  return `sha256:${hash("sha256", lines.map((line) => `${line}\n`).join(""))}`;
}

function milestone({ generation, commit, at }: PastCommit): Milestone {
  return { generation, commit, at: toTimestamp(at) };
}
