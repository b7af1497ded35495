import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { chooseProfile, type ProfileChoice } from "../config/chosen-profile.ts";
import type { SourceFile } from "../git/repository.ts";
import { UserError } from "../lib/user-error.ts";
import type { App } from "./app.ts";

/** The profile that a command reads services with, and the texts of the files that were looked at. */
export interface ReadProfile extends ProfileChoice {
  readonly sources: ReadonlyMap<string, string>;
}

/** Reads a file by its path from the root, and says what people call it; `null`: there is none. */
type ReadRooted = (path: string) => Promise<SourceFile | null>;

/** In this order, in each place (facts §1.6). */
const names = ["profiles.yml", "profiles.yaml"] as const;

/**
 * Finds the profile: `--profile`, else what DSTACK_PROFILE names, else the default one; none with `--no-profile` or
 * DSTACK_NO_PROFILE. `read` reads a file of the repository, or of the directory where there is none.
 */
export async function readProfile(app: App, read: ReadRooted): Promise<ReadProfile> {
  const named = wantedProfile(app);
  if (named === false) return { profile: null, diagnostics: [], sources: new Map() };
  const repository = await firstOf(".dstack", read);
  const alone = chooseProfile({ repository, home: null }, named);
  // This machine's file is not looked at where the repository's answers: nothing then depends on the machine.
  if (alone.profile !== null) return { ...alone, sources: textsOf(present([repository])) };
  const home = await firstOf("~/.dstack", async (path) => {
    const bytes = await readOfHome(app, path);
    return bytes === null ? null : { path, bytes };
  });
  return { ...chooseProfile({ repository, home }, named), sources: textsOf(present([repository, home])) };
}

/** A name, `null` for the default profile, or `false` for none: an option goes before the environment. */
function wantedProfile({ io: { env }, options }: App): string | false | null {
  if (options.profile !== null) return options.profile;
  const none = (env["DSTACK_NO_PROFILE"] ?? "").toLowerCase();
  if (["1", "true", "on"].includes(none)) return false;
  if (!["", "0", "false", "off"].includes(none))
    throw new UserError("invalid-environment", `expected DSTACK_NO_PROFILE to be \`1\` or \`0\`, got "${none}"`);
  return env["DSTACK_PROFILE"] || null;
}

async function firstOf(directory: string, read: ReadRooted): Promise<SourceFile | null> {
  for (const name of names) {
    const file = await read(`${directory}/${name}`);
    if (file !== null) return file;
  }
  return null;
}

function present(files: readonly (SourceFile | null)[]): readonly SourceFile[] {
  return files.filter((file) => file !== null);
}

/** Texts of files by their paths, for showing where diagnostics point. */
export function textsOf(files: readonly SourceFile[]): ReadonlyMap<string, string> {
  return new Map(files.map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)]));
}

/** A file of the home directory, called `~/…`; `null`: there is none. */
export function readOfHome({ io }: App, path: string): Promise<Uint8Array | null> {
  return readLocal(join(io.env["HOME"] || homedir(), path.slice("~/".length)));
}

/** A file of this machine; `null`: there is none. */
export async function readLocal(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new UserError("unreadable", `cannot read ${path}: ${code}`, { cause });
  }
}
