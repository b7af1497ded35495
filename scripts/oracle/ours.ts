import { basename } from "node:path";

import type { PinnedFiles } from "../../src/config/job.ts";
import type { ServiceSource } from "../../src/config/parse.ts";
import type { Action, Revision } from "../../src/diff/compare.ts";
import { diffRevisions } from "../../src/diff/compare.ts";
import { diffFiles } from "../../src/diff/diff-files.ts";
import type { Configuration } from "../../test/config/spellings.ts";
import { type Pair, serviceOf, type Side } from "./pair.ts";
import { contentOf, written } from "./run-spec.ts";
import type { Verdict } from "./theirs.ts";

/** A revision, and the file that says so as it is written. */
export interface Read extends Revision {
  readonly written: Configuration;
}

export interface ReadPair {
  readonly before: Read;
  readonly after: Read;
}

/** Both files as `plan` reads them, with the contents of their files. */
export function readPair({ before, after }: Pair): ReadPair {
  return { before: read(before), after: read(after) };
}

/** What `diff` says of a pair; of contents, which `diff` cannot know, what `plan` says. */
export function ourAnswer(pair: Pair): Verdict {
  const [before, after] = [sourceOf(pair.before), sourceOf(pair.after)];
  return before.spec.files.length + after.spec.files.length === 0
    ? verdictOf(diffFiles(before, after))
    : verdictOfRevisions(readPair(pair));
}

/** What follows from two revisions. */
export function verdictOfRevisions({ before, after }: ReadPair): Verdict {
  return verdictOf(diffRevisions(before, after));
}

interface Answer {
  readonly action: Action;
  readonly redeploys: boolean;
  readonly changes: readonly { readonly path: string; readonly effect: string }[];
}

function verdictOf({ action, redeploys, changes }: Answer): Verdict {
  return {
    action: action === "restart" ? "restart" : "update",
    redeploys,
    differs: changes.map(({ path, effect }) => `${path}: ${effect}`),
  };
}

function read(side: Side): Read {
  const { spec } = sourceOf(side);
  const files: PinnedFiles = spec.files.map((file) => ({ ...file, content: contentOf(side.edition), kind: "file" }));
  return { spec, files, written: written(side.text) };
}

/** Contents that differ where only the name of the local file does, as archives that keep it. */
export function named(files: PinnedFiles): PinnedFiles {
  return files.map((file) => ({ ...file, content: `${basename(file.local_path)}: ${file.content}` }));
}

function sourceOf({ text }: Side): ServiceSource {
  const source = serviceOf(text);
  if (source === null) throw new Error(`expected a valid service file, got\n${text}`);
  return source;
}
