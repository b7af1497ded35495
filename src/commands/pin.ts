import type { ServiceSource } from "../config/parse.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import { UserError } from "../lib/user-error.ts";
import type { DesiredService } from "../reconciler/plan-document.ts";
import type { Project } from "./app.ts";

/** A service with what its `files` and `repos` name, or what is wrong with any of them. */
export interface Pinned {
  readonly service: DesiredService | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Pins what lies beside a service file: later edits of it change nothing of what is accepted now. */
export async function pin(source: ServiceSource, project: Project, ref: string | null): Promise<Pinned> {
  const { repository } = project;
  const { file, spec } = source;
  const at = { ref: ref ?? undefined, without: project.without ?? [] };
  const [files, repos] = await Promise.all([
    Promise.all(spec.files.map((one, n) => tried(`files[${n}]`, () => repository.pinFiles(file, [one], at), source))),
    Promise.all(spec.repos.map((one, n) => tried(`repos[${n}]`, () => repository.pinRepos(file, [one], at), source))),
  ]);
  const diagnostics = [...files, ...repos].flatMap((entry) => (entry.problem === null ? [] : [entry.problem]));
  if (diagnostics.length > 0) return { service: null, diagnostics };
  const pinned = { contents: files.flatMap(({ found }) => found), repos: repos.flatMap(({ found }) => found) };
  return { service: { source, ...pinned }, diagnostics: [] };
}

interface Tried<Found> {
  readonly found: readonly Found[];
  readonly problem: Diagnostic | null;
}

async function tried<Found>(
  path: string,
  look: () => Promise<readonly Found[]>,
  source: ServiceSource,
): Promise<Tried<Found>> {
  try {
    return { found: await look(), problem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { found: [], problem: problemAt(path, error, source) };
  }
}

function problemAt(path: string, error: UserError, source: ServiceSource): Diagnostic {
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  const about = { severity: "error", code: error.code, message: error.message, file: source.file, path } as const;
  // The line of a URL with credentials is not shown.
  return { ...about, ...(error.code === "repos-credentials" ? {} : source.locate(path)), ...hint };
}
