import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { draftMark, sweepDrafts } from "../state/drafts.ts";
import { readPublication, writePublication } from "./publication.ts";
import type { Publication } from "./publisher.ts";

/** One file a generation, `routes/<generation>.json`. The highest number counts, so writers need no lock: an older one that comes late changes nothing. */
export function publishedRoutesDirectory(runtimeDirectory: string): string {
  return join(runtimeDirectory, "routes");
}

/** Writes a publication unless a newer one lies there already, and takes older ones away. False: there was a newer one. */
export async function writePublishedRoutes(runtimeDirectory: string, publication: Publication): Promise<boolean> {
  const directory = publishedRoutesDirectory(runtimeDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    return await replaceOlder(directory, publication);
  } catch (error) {
    // Somebody found nothing published here a moment ago, and tidied up.
    if (!isMissing(error)) throw error;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return replaceOlder(directory, publication);
  }
}

/** Takes a publication without routes away, and directories that nothing is left in: no gateway has anything to serve. */
export async function tidyPublishedRoutes(runtimeDirectory: string): Promise<void> {
  // One that cannot be read, such as a later version's, may have routes; that is no reason not to end.
  const published = await readPublishedRoutes(runtimeDirectory).catch(() => "unreadable" as const);
  if (published === "unreadable" || (published !== null && published.routes.length > 0)) return;
  const directory = publishedRoutesDirectory(runtimeDirectory);
  if (published !== null) await rm(join(directory, fileName(published.generation)), { force: true });
  for (const empty of [directory, runtimeDirectory]) await rmdir(empty).catch(() => {});
}

async function replaceOlder(directory: string, publication: Publication): Promise<boolean> {
  const before = await generations(directory);
  if (before.some((generation) => generation > publication.generation)) return false;
  await sweepDrafts(directory, ".");
  const draft = join(directory, `.${await draftMark()}`);
  await writeFile(draft, writePublication(publication), { mode: 0o600 });
  await rename(draft, join(directory, fileName(publication.generation)));
  const superseded = before.filter((generation) => generation < publication.generation);
  for (const generation of superseded) await rm(join(directory, fileName(generation)), { force: true });
  return true;
}

/** The newest publication; `null` when there is none. */
export async function readPublishedRoutes(runtimeDirectory: string): Promise<Publication | null> {
  const directory = publishedRoutesDirectory(runtimeDirectory);
  for (;;) {
    const newest = (await generations(directory)).at(-1);
    if (newest === undefined) return null;
    try {
      return readPublication(await readFile(join(directory, fileName(newest)), "utf8"));
    } catch (error) {
      // A writer took it away for a newer one between the listing and the reading: list again.
      if (!isMissing(error)) throw error;
    }
  }
}

async function generations(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const numbers = names.flatMap((name) => /^(\d{1,15})\.json$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b);
}

function fileName(generation: number): string {
  return `${String(generation).padStart(12, "0")}.json`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
