import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import type { SourceFile } from "../git/repository.ts";
import { UserError } from "../lib/user-error.ts";
import type { App, Project } from "./app.ts";

const settingsPath = ".dstack/gitops.yml";

/** The repository that a command works in, and its settings. */
export async function openProject({ io, options }: Pick<App, "io" | "options">): Promise<Project> {
  const [{ openRepository }, { parseSettings }] = await Promise.all([
    import("../git/work-tree.ts"),
    import("../config/settings-file.ts"),
  ]);
  const found = await openRepository(io.cwd, { stateRemote: null });
  const file =
    options.settings === null
      ? await settingsOf(found, options.ref)
      : await namedSettings(resolve(io.cwd, options.settings), options.settings);
  const { settings, diagnostics } = parseSettings(file);
  if (settings === null) throw (await import("./planning.ts")).invalidInput(diagnostics);
  const { remote } = settings.state;
  const repository = remote === null ? found : await openRepository(io.cwd, { stateRemote: remote });
  const tokens = settings.auth.tokens.flatMap((name) => io.env[name] ?? []).filter((value) => value !== "");
  return { repository, settings, diagnostics, tokens };
}

async function settingsOf(repository: Project["repository"], ref: string | null): Promise<SourceFile | null> {
  const bytes = await repository.read(settingsPath, ref ?? undefined);
  return bytes === null ? null : { path: settingsPath, bytes };
}

async function namedSettings(absolute: string, named: string): Promise<SourceFile> {
  try {
    return { path: named, bytes: await readFile(absolute) };
  } catch (cause) {
    throw new UserError("no-such-file", `cannot read the settings ${named}`, {
      cause,
      hint: "--settings names a file",
    });
  }
}
