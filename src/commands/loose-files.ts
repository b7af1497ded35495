import { readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

import type { GatewaySettings, Policy } from "../config/settings.ts";
import { enclosingRoot } from "../git/enclosing-root.ts";
import type { SourceFile } from "../git/repository.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import { UserError } from "../lib/user-error.ts";
import type { App } from "./app.ts";
import { readLocal, readProfile, type ReadProfile } from "./profile.ts";

/** Files that were named, as they lie on the disk: no repository is needed for them. */
export async function readNamed(app: App, paths: readonly string[]): Promise<readonly SourceFile[] | null> {
  const files = await Promise.all(
    paths.map(async (path): Promise<SourceFile | null> => {
      const absolute = resolve(app.io.cwd, path);
      const found = await stat(absolute).catch((cause: unknown) => {
        throw new UserError("no-such-file", `no service file at ${path}`, {
          cause,
          hint: "name a file that ends in .dstack.yml, or a folder that has one",
        });
      });
      return found.isDirectory() ? null : { path, bytes: await readFile(absolute) };
    }),
  );
  const named = files.filter((file) => file !== null);
  return named.length === paths.length && paths.length > 0 ? named : null;
}

/** For files that were named: the profile of the repository around the directory that the command runs in, or of that directory. */
export function looseProfile(app: App): Promise<ReadProfile> {
  const { cwd } = app.io;
  const root = enclosingRoot(cwd) ?? cwd;
  return readProfile(app, async (path) => {
    const absolute = join(root, path);
    const bytes = await readLocal(absolute);
    return bytes === null ? null : { path: relative(cwd, absolute).replaceAll("\\", "/"), bytes };
  });
}

export interface Loose {
  readonly files: readonly SourceFile[];
  /** What is wrong with the settings. */
  readonly settings: readonly Diagnostic[];
  readonly profile: ReadProfile;
  /** Of the settings; `null` where files alone were named. */
  readonly gateways: readonly GatewaySettings[] | null;
  /** Of the settings; `null` where not all service files are looked at. */
  readonly policy: Policy | null;
}

/** What `validate` looks at: named files alone, or whatever the repository has. */
export async function loose(app: App, paths: readonly string[]): Promise<Loose> {
  const named = app.options.ref === null ? await readNamed(app, paths) : null;
  if (named !== null)
    return { files: named, settings: [], gateways: null, policy: null, profile: await looseProfile(app) };
  const { chosenFiles, readDesiredProfile } = await import("./desired.ts");
  const project = await app.project();
  return {
    files: await chosenFiles(app, project, paths),
    profile: await readDesiredProfile(app, project),
    settings: project.diagnostics,
    gateways: project.settings.gateways,
    policy: paths.length === 0 ? project.settings.policy : null,
  };
}
