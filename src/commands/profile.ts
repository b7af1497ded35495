import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { chooseProfile, type ProfileChoice } from "../config/chosen-profile.ts";
import type { SourceFile } from "../git/repository.ts";
import type { App } from "./app.ts";

/** The profile that a command reads services with, and the texts of the files that were looked at. */
export interface ReadProfile extends ProfileChoice {
  readonly sources: ReadonlyMap<string, string>;
}

/** In this order, in each place (facts §1.6). */
const names = ["profiles.yml", "profiles.yaml"] as const;

/**
 * Finds the profile: `--profile`, else what DSTACK_PROFILE names, else the default one; none with `--no-profile` or
 * DSTACK_NO_PROFILE. `read` reads a file of the repository, or of the directory where there is none.
 */
export async function readProfile(app: App, read: (path: string) => Promise<Uint8Array | null>): Promise<ReadProfile> {
  const { env } = app.io;
  const named = app.options.profile ?? (env["DSTACK_NO_PROFILE"] ? false : env["DSTACK_PROFILE"] || null);
  if (named === false) return { profile: null, diagnostics: [], sources: new Map() };
  const home = env["HOME"];
  const files = {
    repository: await firstOf(".dstack", read),
    home:
      home === undefined || home === ""
        ? null
        : await firstOf("~/.dstack", (path) => readLocal(join(home, path.slice(2)))),
  };
  const sources = [files.repository, files.home].flatMap((file): readonly (readonly [string, string])[] =>
    file === null ? [] : [[file.path, new TextDecoder().decode(file.bytes)]],
  );
  return { ...chooseProfile(files, named), sources: new Map(sources) };
}

async function firstOf(
  directory: string,
  read: (path: string) => Promise<Uint8Array | null>,
): Promise<SourceFile | null> {
  for (const name of names) {
    const path = `${directory}/${name}`;
    const bytes = await read(path);
    if (bytes !== null) return { path, bytes };
  }
  return null;
}

/** A file of this machine; `null`: there is none. */
export async function readLocal(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) return null;
    throw cause;
  }
}
