import type { JobFile, PinnedFiles } from "../config/job.ts";
import { type ServiceSource, whereWritten } from "../config/parse.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { diffRevisions, type PropertyChange, type RevisionDiff } from "./compare.ts";
import { explain, type Explanation } from "./explain.ts";

/** What `diff OLD NEW` answers, as it is printed. */
export interface FileDiff extends Omit<RevisionDiff, "changes">, Explanation {
  readonly version: 1;
  readonly changes: readonly LocatedChange[];
}

/** A change, and the line that causes it: a removed property's is in OLD, and what a profile gives is in the profile's file. */
export interface LocatedChange extends PropertyChange {
  /** `"OLD"`, `"NEW"`, or the path of a profiles.yml. */
  readonly file: string;
  readonly line: number;
}

/** Contents of `files` by their local path, as far as they are known; absent: the file is not there to be read. */
export type KnownFiles = ReadonlyMap<string, JobFile>;

/**
 * The changes between two service files. Of `files` whose content is not known on both sides it is taken to have changed
 * where the path has.
 */
export function diffFiles(
  before: ServiceSource,
  after: ServiceSource,
  known: { readonly before: KnownFiles; readonly after: KnownFiles } = { before: new Map(), after: new Map() },
): FileDiff {
  const unknown = new Set([...unknownPaths(before.spec, known.before), ...unknownPaths(after.spec, known.after)]);
  const { action, redeploys, changes } = diffRevisions(
    { spec: before.spec, files: filesOf(before.spec, known.before, unknown) },
    { spec: after.spec, files: filesOf(after.spec, known.after, unknown) },
  );
  const located = changes.map((change) => locate(change, before, after));
  return { version: 1, action, redeploys, changes: located, ...explain(action, changes) };
}

function unknownPaths({ files }: ServiceSpec, known: KnownFiles): readonly string[] {
  return files.map(({ local_path }) => local_path).filter((path) => !known.has(path));
}

/** A content that is not known on one side is compared with nothing: one stands for each local path. */
function filesOf(spec: ServiceSpec, known: KnownFiles, unknown: ReadonlySet<string>): PinnedFiles {
  return spec.files.map(({ local_path, path }) => {
    const found = unknown.has(local_path) ? undefined : known.get(local_path);
    const { content, kind } = found ?? { content: `unknown:${local_path}`, kind: "file" };
    return { local_path, path, content, kind };
  });
}

function locate(change: PropertyChange, before: ServiceSource, after: ServiceSource): LocatedChange {
  const { path, property } = change;
  for (const name of [path, property]) {
    for (const [service, side] of [[after, "NEW"] as const, [before, "OLD"] as const]) {
      const place = whereWritten(service, name);
      if (place === null) continue;
      const ownFile = place.file === service.file;
      // The nearest parent of a path that does not stand there itself, as behind shorthand.
      const nearest = (ownFile ? service : service.profile)?.locate(path) ?? place;
      return { ...change, file: ownFile ? side : place.file, line: nearest.line };
    }
  }
  return { ...change, file: "NEW", line: 1 };
}
