import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Every file of that name on the path that may be run, in the path's order. */
export function findExecutables(name: string, path: string | undefined): readonly string[] {
  const candidates = isAbsolute(name)
    ? [name]
    : (path ?? "")
        .split(delimiter)
        .filter(isAbsolute)
        .map((directory) => join(directory, name));
  return [...new Set(candidates)].filter(isExecutable);
}

/** The shell that a job names, or bash where there is one, as in the reference, else sh. `null`: it is not on this host. */
export function findShell(shell: string | null, path: string | undefined): string | null {
  const names = shell === null ? ["bash", "sh"] : [shell];
  return names.flatMap((name) => findExecutables(name, path))[0] ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
