import type { PinnedFiles, PinnedRepos, RepoState } from "../config/job.ts";
import { withArch } from "../config/requirements.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { isSameJson } from "../lib/same.ts";
import { properties, type RepoPart } from "./update-policy.ts";

/** What a deployment runs: a spec, the contents of its `files` and the states of its `repos`. */
export interface Revision {
  readonly spec: ServiceSpec;
  readonly files: PinnedFiles;
  /** Absent: none. */
  readonly repos?: PinnedRepos;
}

/** A property that differs between two revisions. */
export interface Difference {
  readonly property: keyof ServiceSpec;
  /** The one place below the property where all its differences are: `env.MODEL_ID`, `probes[0].interval`. */
  readonly path: string;
  /** What of a repository's state differs, where `repos` says what it said before. */
  readonly part?: RepoPart;
}

/**
 * The properties that differ, in declaration order. Another content of `files` is a difference of `files`, and another
 * state of a repository one of `repos`.
 */
export function differences(before: Revision, after: Revision): readonly Difference[] {
  return properties.flatMap((property) => {
    const [old, now] = [meant(before.spec, property), meant(after.spec, property)];
    if (!isSameJson(old, now)) return [{ property, path: narrow(old, now, property) }];
    if (property === "repos") return repoDifferences(before.repos ?? [], after.repos ?? []);
    return property === "files" && !isSameJson(before.files, after.files)
      ? [{ property, path: changedFile(before.files, after.files) }]
      : [];
  });
}

/** In the reference's declaration order. A URL may be written in many ways; the id counts. */
const repoParts: Readonly<Record<RepoPart, (state: RepoState) => unknown>> = {
  repo_id: ({ id }) => id,
  repo_data: ({ branch, commit }) => [branch, commit],
  repo_code_hash: ({ diff }) => diff,
};

function repoDifferences(before: PinnedRepos, after: PinnedRepos): readonly Difference[] {
  const parts = ["repo_id", "repo_data", "repo_code_hash"] as const;
  return parts
    .filter((part) => !isSameJson(before.map(repoParts[part]), after.map(repoParts[part])))
    .map((part) => ({ property: "repos", path: "repos", part }));
}

/** What is compared: the architecture of resources stands for itself, whether it is given or follows from the GPU. */
function meant(spec: ServiceSpec, property: keyof ServiceSpec): unknown {
  return property === "resources" ? withArch(spec.resources) : spec[property];
}

function changedFile(before: PinnedFiles, after: PinnedFiles): string {
  const [index, ...others] = differingItems(before, after);
  return index === undefined || others.length > 0 || before.length !== after.length ? "files" : `files[${index}]`;
}

/** Goes down while exactly one member differs. */
function narrow(before: unknown, after: unknown, path: string): string {
  if (Array.isArray(before) && Array.isArray(after))
    return before.length === after.length ? narrowList(before, after, path) : path;
  if (!isRecord(before) || !isRecord(after)) return path;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const [key, ...others] = keys.filter((name) => !isSameJson(before[name], after[name]));
  return key === undefined || others.length > 0 ? path : narrow(before[key], after[key], `${path}.${key}`);
}

function narrowList(before: readonly unknown[], after: readonly unknown[], path: string): string {
  const [index, ...others] = differingItems(before, after);
  return index === undefined || others.length > 0 ? path : narrow(before[index], after[index], `${path}[${index}]`);
}

function differingItems(before: readonly unknown[], after: readonly unknown[]): readonly number[] {
  return [...before.keys()].filter((index) => !isSameJson(before[index], after[index]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
