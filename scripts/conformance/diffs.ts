import { z } from "zod";

import type { PinnedFiles } from "../../src/config/job.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { diffRevisions } from "../../src/diff/compare.ts";
import { canonicalJson } from "../../src/lib/canonical-json.ts";
import type { Answerer, Outcome } from "./case.ts";
import { refused, skipped, value } from "./case.ts";
import { readConfiguration } from "./parsing.ts";

const runSpec = z.record(z.string(), z.unknown()).optional();
const planInput = z.object({ old: z.unknown(), new: z.unknown(), old_spec: runSpec, new_spec: runSpec });
const archives = z.array(z.object({ id: z.string(), path: z.string() })).default([]);

/** What of the reference's run spec a service file and its contents decide. */
const known: ReadonlySet<string> = new Set(["file_archives"]);

/** What a change is and does, in the reference's terms. */
export function diffAnswer(input: unknown): ReturnType<Answerer> {
  const { old, new: now, old_spec = {}, new_spec = {} } = planInput.parse(input);
  const unknown = [...Object.keys(old_spec), ...Object.keys(new_spec)].find((key) => !known.has(key));
  if (unknown !== undefined) return skipped(`nothing here corresponds to \`${unknown}\` of a run spec`);
  const [before, after] = [readConfiguration(old), readConfiguration(now)];
  if (before.spec === null || after.spec === null) return refused("a configuration is invalid");
  return answer(
    { spec: before.spec, files: pinned(old_spec["file_archives"]) },
    { spec: after.spec, files: pinned(new_spec["file_archives"]) },
  );
}

interface Side {
  readonly spec: ServiceSpec;
  readonly files: PinnedFiles;
}

function answer(before: Side, after: Side): Outcome {
  const { changes, redeploys, action } = diffRevisions(before, after);
  const contents = canonicalJson(before.files) !== canonicalJson(after.files);
  const sameMapping = canonicalJson(before.spec.files) === canonicalJson(after.spec.files);
  const fields = changes.map(({ property }) => property).filter((property) => property !== "files" || !sameMapping);
  const updatable = action !== "restart";
  return value({
    changed_spec_fields: [...(contents ? ["file_archives"] : []), ...(fields.length > 0 ? ["configuration"] : [])],
    changed_configuration_fields: fields,
    updatable,
    replicas_must_be_redeployed: updatable ? redeploys : undefined,
  });
}

function pinned(input: unknown): PinnedFiles {
  return archives.parse(input).map(({ id, path }) => ({ local_path: path, path, content: id, kind: "file" }));
}
