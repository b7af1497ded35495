import { resolve } from "node:path";

import { parseServiceFile } from "../config/parse.ts";
import type { ServiceSource } from "../config/parse.ts";
import { diffFiles, type FileDiff } from "../diff/diff-files.ts";
import { type Diagnostic, hasErrors } from "../lib/diagnostics.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { diffText } from "../report/diff-text.ts";
import { painter } from "../report/style.ts";
import type { App } from "./app.ts";
import { looseProfile, readNamed } from "./loose-files.ts";
import { textsOf } from "./profile.ts";
import { say, sayDiagnostics, sayJson } from "./say.ts";

/** `diff OLD NEW`: the changes between two service files with their effects, and the action that follows. No repository is needed. */
export async function diff(app: App, before: string, after: string): Promise<ExitCode> {
  const files = await readNamed(app, [before, after]);
  if (files === null)
    throw new UserError("not-a-file", "expected two files, got a folder", { hint: "name two service files" });
  const read = await looseProfile(app);
  const parsed = files.map((file) => parseServiceFile(file, read.profile));
  const diagnostics = [...read.diagnostics, ...parsed.flatMap((file) => file.diagnostics)];
  sayDiagnostics(app, diagnostics, new Map([...read.sources, ...textsOf(files)]));
  const [old, next] = parsed.flatMap((file) => (file.kind === "service" ? [file.service] : []));
  if (old === undefined || next === undefined || hasErrors(diagnostics)) return refuse(app, diagnostics);
  return show(app, { ...diffFiles(old, next, await contentsOf(app, old, next)), profile: read.profile?.name ?? null }, [
    old,
    next,
  ]);
}

function refuse(app: App, diagnostics: readonly Diagnostic[]): ExitCode {
  if (app.options.json) sayJson(app, { version: 1, diagnostics });
  app.io.stderr("error[invalid-input]: both files must be services without errors\n");
  return exitCodes.usage;
}

/** What lies beside the two files now, read as `plan` would read it. */
async function contentsOf(app: App, before: ServiceSource, after: ServiceSource) {
  if (before.spec.files.length === 0 || after.spec.files.length === 0) return undefined;
  const { pinLoose } = await import("../git/pin-loose.ts");
  const places = [before, after].map(({ file }) => resolve(app.io.cwd, file));
  const [old, next] = await Promise.all([
    pinLoose({ serviceFile: resolve(app.io.cwd, before.file), without: places }, before.spec.files),
    pinLoose({ serviceFile: resolve(app.io.cwd, after.file), without: places }, after.spec.files),
  ]);
  return { before: old, after: next };
}

/** What is printed: the answer, and the profile that both files were read with. */
type Answer = FileDiff & { readonly profile: string | null };

function show(app: App, answer: Answer, [old, next]: readonly [ServiceSource, ServiceSource]): ExitCode {
  if (app.options.json) sayJson(app, answer);
  else say(app, diffText(answer, { before: old.file, after: next.file, paint: painter(app.io.colors) }));
  return exitCodes.success;
}
