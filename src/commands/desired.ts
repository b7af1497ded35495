import { isAbsolute, relative, resolve } from "node:path";

import type { ChosenProfile } from "../config/chosen-profile.ts";
import { withGiven } from "../config/env.ts";
import { parseServices } from "../config/services.ts";
import { forEachOf } from "../git/concurrent.ts";
import type { SourceFile } from "../git/repository.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import { UserError } from "../lib/user-error.ts";
import type { DesiredService } from "../reconciler/plan-document.ts";
import type { App, Project } from "./app.ts";
import { pin } from "./pin.ts";
import { readProfile, type ReadProfile, textsOf } from "./profile.ts";

/** What the service files say, with everything that is wrong with them. */
export interface Desired {
  readonly services: readonly DesiredService[];
  readonly diagnostics: readonly Diagnostic[];
  /** Texts of the files, for showing where a diagnostic points. */
  readonly sources: ReadonlyMap<string, string>;
  /** The profile that they were read with. */
  readonly profile: ChosenProfile | null;
  /** Whether these are all services of the repository: only then may what is missing be destroyed. */
  readonly complete: boolean;
}

/** Reads the service files of the work tree, or of `--ref`; named paths alone when there are any. */
export async function readDesired(app: App, project: Project, paths: readonly string[]): Promise<Desired> {
  const { ref } = app.options;
  const [files, read] = await Promise.all([chosenFiles(app, project, paths), readDesiredProfile(app, project)]);
  const { profile } = read;
  const parsed = parseServices(files, profile);
  const { services } = parsed;
  const diagnostics = [...read.diagnostics, ...parsed.diagnostics];
  const sources = new Map([...read.sources, ...textsOf(files)]);
  const overridden = services.map((service) => withGiven(service, app.options.env));
  if (hasErrors(diagnostics)) return { services: [], diagnostics, sources, profile, complete: false };
  const pinned = await forEachOf(overridden, (source) => pin(source, project, ref));
  return {
    services: pinned.flatMap((entry) => (entry.service === null ? [] : [entry.service])),
    diagnostics: [...diagnostics, ...pinned.flatMap((entry) => entry.diagnostics)],
    sources,
    profile,
    complete: paths.length === 0,
  };
}

/** The profile of the repository, or at `--ref` of that commit. */
export function readDesiredProfile(app: App, project: Project): Promise<ReadProfile> {
  return readProfile(app, async (path) => {
    const bytes = await project.repository.read(path, app.options.ref ?? undefined);
    return bytes === null ? null : { path, bytes };
  });
}

/** All service files, or those that were named. */
export async function chosenFiles(
  app: App,
  project: Project,
  paths: readonly string[],
): Promise<readonly SourceFile[]> {
  const { ref } = app.options;
  const found = await project.repository.serviceFiles({
    exclude: project.settings.exclude,
    ...(ref === null ? {} : { ref }),
  });
  return paths.length === 0 ? found : chosen(found, paths, { app, project });
}

/** Named files and folders; a named file counts though its name does not end as service files do. */
async function chosen(
  found: readonly SourceFile[],
  paths: readonly string[],
  at: { readonly app: App; readonly project: Project },
): Promise<readonly SourceFile[]> {
  const { app, project } = at;
  const files = new Map<string, SourceFile>();
  for (const path of paths) {
    const inside = insideRepository(path, app, project);
    const below = found.filter((file) => file.path === inside || inside === "" || file.path.startsWith(`${inside}/`));
    for (const file of below) files.set(file.path, file);
    if (below.length > 0) continue;
    const bytes = await project.repository.read(inside, app.options.ref ?? undefined);
    if (bytes === null)
      throw new UserError("no-such-file", `no service file at ${path}`, {
        hint: "name a file that ends in .dstack.yml, or a folder that has one",
      });
    files.set(inside, { path: inside, bytes });
  }
  return [...files.values()];
}

function insideRepository(path: string, app: App, project: Project): string {
  const inside = relative(project.repository.root, resolve(app.io.cwd, path));
  if (inside.startsWith("..") || isAbsolute(inside)) {
    throw new UserError("outside-repository", `${path} is outside the repository at ${project.repository.root}`);
  }
  return inside.replaceAll("\\", "/");
}
