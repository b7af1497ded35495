import type { PinnedFiles } from "../config/job.ts";
import type { ServiceSource } from "../config/parse.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { diffRevisions, type PropertyChange, type RevisionDiff } from "./compare.ts";
import { explain, type Explanation } from "./explain.ts";

/** What `diff OLD NEW` answers, as it is printed. */
export interface FileDiff extends Omit<RevisionDiff, "changes">, Explanation {
  readonly version: 1;
  readonly changes: readonly LocatedChange[];
}

/** A change, and the line that causes it: a removed property's is in OLD. */
export interface LocatedChange extends PropertyChange {
  readonly file: "OLD" | "NEW";
  readonly line: number;
}

/** The changes between two service files, whose `files` are taken to have changed where their paths have. */
export function diffFiles(before: ServiceSource, after: ServiceSource): FileDiff {
  const { action, redeploys, changes } = diffRevisions(
    { spec: before.spec, files: assumedFiles(before.spec) },
    { spec: after.spec, files: assumedFiles(after.spec) },
  );
  const located = changes.map((change) => locate(change, before, after));
  return { version: 1, action, redeploys, changes: located, ...explain(action, changes) };
}

/** Contents that are not known, one for each local path. */
export function assumedFiles(spec: ServiceSpec): PinnedFiles {
  return spec.files.map(({ local_path, path }) => ({
    local_path,
    path,
    content: `unknown:${local_path}`,
    kind: "file",
  }));
}

function locate(change: PropertyChange, before: ServiceSource, after: ServiceSource): LocatedChange {
  const { path, property } = change;
  for (const name of [path, property]) {
    if (after.has(name)) return { ...change, file: "NEW", line: lineOf(after, path) };
    if (before.has(name)) return { ...change, file: "OLD", line: lineOf(before, path) };
  }
  return { ...change, file: "NEW", line: 1 };
}

function lineOf(service: ServiceSource, path: string): number {
  return service.locate(path)?.line ?? 1;
}
