import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The nearest directory, this one or one above it, that holds a git repository; `null`: there is none. Starts no git. */
export function enclosingRoot(directory: string): string | null {
  for (let here = resolve(directory); ; here = dirname(here)) {
    if (existsSync(join(here, ".git"))) return here;
    if (here === dirname(here)) return null;
  }
}
