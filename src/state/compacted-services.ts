import { z } from "zod";

import { toTimestamp } from "../lib/timestamp.ts";
import type { CompactedRevision, CompactedService } from "./compacted.ts";
import { partAt, touchedBy } from "./past.ts";
import type { PastCommit } from "./past.ts";

/** So many services are remembered, those that changed last, */
const mostServices = 200;
/** and so many revisions of each: a summary grows no further, however often history is compacted. */
const mostRevisions = 3;

/** What records say of what was accepted, whatever else they hold. */
const target = z.looseObject({
  target: z
    .looseObject({
      deployment: z.int(),
      acceptance: z.int(),
      acceptedAt: z.string(),
      by: z.string(),
      commit: z.string().nullable(),
    })
    .nullable(),
});

/** The ids of the records that commits have written. */
export function recordIds(commits: readonly PastCommit[]): readonly string[] {
  const changes = commits.flatMap((commit) => commit.changes);
  return [...new Set(changes.flatMap(({ path, id }) => (id !== null && partAt(path)?.part === "record" ? [id] : [])))];
}

/** What is remembered of services after more commits are gone, given newest first. */
export function summaries(
  before: readonly CompactedService[],
  dropped: readonly PastCommit[],
  contents: ReadonlyMap<string, Uint8Array>,
): readonly CompactedService[] {
  const known = new Map(before.map((service) => [service.name, service]));
  for (const commit of dropped.toReversed()) {
    for (const [name, parts] of touchedBy(commit)) {
      const was = known.get(name);
      // That somebody took or gave back a lease is nothing that happened to the service.
      const counts = parts.has("record") || parts.has("intents") ? 1 : 0;
      if (counts === 0 && was === undefined) continue;
      known.set(name, {
        name,
        commits: (was?.commits ?? 0) + counts,
        last: counts === 0 && was !== undefined ? was.last : toTimestamp(commit.at),
        accepted: accepted(was?.accepted ?? [], revisionIn(commit, name, contents)),
      });
    }
  }
  return [...known.values()]
    .toSorted((a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : 0))
    .slice(0, mostServices)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function accepted(before: readonly CompactedRevision[], next: CompactedRevision | null): readonly CompactedRevision[] {
  const newest = before.at(-1);
  if (next === null || (newest?.at === next.at && newest.deployment === next.deployment)) return before;
  return [...before, next].slice(-mostRevisions);
}

function revisionIn(
  commit: PastCommit,
  name: string,
  contents: ReadonlyMap<string, Uint8Array>,
): CompactedRevision | null {
  const change = commit.changes.find(({ path }) => {
    const found = partAt(path);
    return found?.part === "record" && found.name === name;
  });
  const bytes = change === undefined || change.id === null ? undefined : contents.get(change.id);
  const read = bytes === undefined ? null : parse(Buffer.from(bytes).toString("utf8"));
  if (read === null) return null;
  const { deployment, acceptedAt: at, by, commit: source } = read;
  return { deployment, at, by, commit: source };
}

/** A record that somebody spoilt by hand tells nothing here. */
function parse(text: string) {
  try {
    return target.safeParse(JSON.parse(text)).data?.target ?? null;
  } catch {
    return null;
  }
}
