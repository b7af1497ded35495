import { z } from "zod";

import type { PinnedFiles, PinnedRepos } from "../../src/config/job.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { diffRevisions } from "../../src/diff/compare.ts";
import { canonicalJson } from "../../src/lib/canonical-json.ts";
import { isRecord } from "./agree.ts";
import type { Answerer, Outcome } from "./case.ts";
import { refused, skipped, value } from "./case.ts";
import { readConfiguration } from "./parsing.ts";
import { skips } from "./skips.ts";

const runSpec = z.record(z.string(), z.unknown()).default({});
type RunSpec = z.infer<typeof runSpec>;
const planInput = z.object({ old: z.unknown(), new: z.unknown(), old_spec: runSpec, new_spec: runSpec });
const archives = z.array(z.object({ id: z.string(), path: z.string() })).default([]);

/** What of the reference's run spec a service file, its contents and the states of its repositories decide. */
const known: ReadonlySet<string> = new Set(["file_archives", "repo_id", "repo_data", "repo_code_hash"]);

/** Why nothing here corresponds to what else a run spec holds. */
const unknown: Readonly<Record<string, { readonly reason: string }>> = {
  configuration_path: skips.configurationPath,
  working_dir: skips.workingDir,
  repo_dir: skips.repoDir,
  ssh_key_pub: skips.sshKey,
  profile: skips.profile,
};

/** What a change is and does, in the reference's terms. */
export function diffAnswer(input: unknown): ReturnType<Answerer> {
  const { old, new: now, old_spec, new_spec } = planInput.parse(input);
  if (isRecord(old) && old["type"] !== "service") return skipped(skips.otherType.reason);
  const strange = [...Object.keys(old_spec), ...Object.keys(new_spec)].find((key) => !known.has(key));
  if (strange !== undefined)
    return skipped(unknown[strange]?.reason ?? `nothing here corresponds to \`${strange}\` of a run spec`);
  const [before, after] = [sideOf(old, old_spec), sideOf(now, new_spec)];
  return before === null || after === null ? refused("a configuration is invalid") : answer(before, after);
}

interface Side {
  readonly spec: ServiceSpec;
  readonly files: PinnedFiles;
  readonly repos: PinnedRepos;
}

function sideOf(configuration: unknown, spec: RunSpec): Side | null {
  const read = readConfiguration(configuration).spec;
  return read === null ? null : { spec: read, files: pinned(spec["file_archives"]), repos: [stateOf(spec)] };
}

function answer(before: Side, after: Side): Outcome {
  const { changes, redeploys, action } = diffRevisions(before, after);
  const contents = canonicalJson(before.files) !== canonicalJson(after.files);
  const sameMapping = canonicalJson(before.spec.files) === canonicalJson(after.spec.files);
  const parts = changes.flatMap(({ part }) => (part === undefined ? [] : [part]));
  const fields = changes
    .filter(({ part }) => part === undefined)
    .map(({ property }) => property)
    .filter((property) => property !== "files" || !sameMapping);
  const updatable = action !== "restart";
  return value({
    changed_spec_fields: [
      ...parts,
      ...(contents ? ["file_archives"] : []),
      ...(fields.length > 0 ? ["configuration"] : []),
    ],
    changed_configuration_fields: fields,
    updatable,
    replicas_must_be_redeployed: updatable ? redeploys : undefined,
  });
}

function pinned(input: unknown): PinnedFiles {
  return archives.parse(input).map(({ id, path }) => ({ local_path: path, path, content: id, kind: "file" }));
}

const repoFields = z.object({
  repo_id: z.string().default("none"),
  repo_data: z.unknown().optional(),
  repo_code_hash: z.string().nullable().default(null),
});

function stateOf(spec: RunSpec): PinnedRepos[number] {
  const { repo_id, repo_data, repo_code_hash } = repoFields.parse(spec);
  return { id: repo_id, url: "", branch: null, commit: canonicalJson(repo_data ?? null), diff: repo_code_hash };
}
