import type { PinnedFiles } from "../config/job.ts";
import { withArch } from "../config/requirements.ts";
import type { ServiceSpec } from "../config/spec.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import { properties } from "./update-policy.ts";

/** What a deployment runs: a spec, and the contents of its `files`. */
export interface Revision {
  readonly spec: ServiceSpec;
  readonly files: PinnedFiles;
}

/** A property that differs between two revisions. */
export interface Difference {
  readonly property: keyof ServiceSpec;
  /** The one place below the property where all its differences are: `env.MODEL_ID`, `probes[0].interval`. */
  readonly path: string;
}

/** The properties that differ, in declaration order. Another content of `files` is a difference of `files`. */
export function differences(before: Revision, after: Revision): readonly Difference[] {
  return properties.flatMap((property) => {
    const [old, now] = [meant(before.spec, property), meant(after.spec, property)];
    if (canonicalJson(old) !== canonicalJson(now)) return [{ property, path: narrow(old, now, property) }];
    return property === "files" && !sameContents(before.files, after.files)
      ? [{ property, path: changedFile(before.files, after.files) }]
      : [];
  });
}

/** What is compared: the architecture of resources stands for itself, whether it is given or follows from the GPU. */
function meant(spec: ServiceSpec, property: keyof ServiceSpec): unknown {
  return property === "resources" ? withArch(spec.resources) : spec[property];
}

function sameContents(before: PinnedFiles, after: PinnedFiles): boolean {
  return canonicalJson(before) === canonicalJson(after);
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
  const [key, ...others] = keys.filter((name) => canonicalJson(before[name]) !== canonicalJson(after[name]));
  return key === undefined || others.length > 0 ? path : narrow(before[key], after[key], `${path}.${key}`);
}

function narrowList(before: readonly unknown[], after: readonly unknown[], path: string): string {
  const [index, ...others] = differingItems(before, after);
  return index === undefined || others.length > 0 ? path : narrow(before[index], after[index], `${path}[${index}]`);
}

function differingItems(before: readonly unknown[], after: readonly unknown[]): readonly number[] {
  return [...before.keys()].filter((index) => canonicalJson(before[index]) !== canonicalJson(after[index]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
