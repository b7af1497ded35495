import type { Ignore } from "ignore";

import type { FileSource } from "./file-source.ts";

/** Rules of ignore files, one set a directory, as far as a walk has come. */
export interface IgnoreRules {
  /** The rules with those of this directory on top. */
  enter(directory: string): Promise<IgnoreRules>;
  ignores(path: string, isDirectory: boolean): boolean;
}

interface Level {
  readonly directory: string;
  readonly rules: Ignore;
}

/** The ignore files that the reference respects; one rule of the first outweighs all of the second. */
const names = [".dstackignore", ".gitignore"] as const;

/** The rules that hold in a directory: its own ignore files and those of every directory above it. */
export async function ignoreRules(source: FileSource, directory: string): Promise<IgnoreRules> {
  let rules = makeRules(source, { ".dstackignore": [], ".gitignore": [] });
  const parts = directory === "" ? [] : directory.split("/");
  for (let depth = 0; depth <= parts.length; depth += 1) rules = await rules.enter(parts.slice(0, depth).join("/"));
  return rules;
}

function makeRules(
  source: FileSource,
  levels: Readonly<Record<(typeof names)[number], readonly Level[]>>,
): IgnoreRules {
  return {
    async enter(directory) {
      const [dstack, gitignore] = await Promise.all(names.map((name) => readLevel(source, directory, name)));
      return makeRules(source, {
        ".dstackignore": [...(dstack ?? []), ...levels[".dstackignore"]],
        ".gitignore": [...(gitignore ?? []), ...levels[".gitignore"]],
      });
    },
    ignores(path, isDirectory) {
      for (const { directory, rules } of names.flatMap((name) => levels[name])) {
        const relative = directory === "" ? path : path.slice(directory.length + 1);
        const verdict = rules.test(isDirectory ? `${relative}/` : relative);
        if (verdict.ignored) return true;
        if (verdict.unignored) return false;
      }
      return false;
    },
  };
}

async function readLevel(source: FileSource, directory: string, name: string): Promise<readonly Level[]> {
  const path = directory === "" ? name : `${directory}/${name}`;
  const entry = await source.stat(path);
  if (entry === null || (entry.kind !== "file" && entry.kind !== "executable")) return [];
  const [bytes] = await source.read([path]);
  const { default: ignore } = await import("ignore");
  return [{ directory, rules: ignore().add(Buffer.from(bytes ?? []).toString("utf8")) }];
}
