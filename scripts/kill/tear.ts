import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// As they were before anything was put in their place.
const [list, remove, write] = [readdirSync, rmSync, writeFileSync];

/** Writes the first half of a file. */
export function tearFile(path: string, content: string | Uint8Array): void {
  write(path, content.slice(0, Math.floor(content.length / 2)));
}

/** Removes every other entry of a directory. */
export function tearTree(path: string): void {
  for (const [index, name] of list(path).entries())
    if (index % 2 === 0) remove(join(path, name), { recursive: true, force: true });
}
