import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { GitError } from "../git/git-error.ts";
import { git } from "../git/git.ts";
import { isMissing } from "../git/work-tree-source.ts";
import { processMark, sweepMarked } from "./process-mark.ts";

/** A bare repository that is ours alone until it is given back. */
export interface ObjectStore {
  readonly directory: string;
  giveBack(): Promise<void>;
}

/** More objects than this are fetched anew rather than searched. */
const mostPacks = 50;

/**
 * Takes a repository for objects of a remote's state. A process has its own, so that nobody waits for anybody's lock files,
 * those of killed ones least of all; a rename takes an idle one and gives it back.
 */
export async function takeObjectStore(root: string): Promise<ObjectStore> {
  const idle = join(root, "idle");
  const busy = join(root, "busy");
  await Promise.all([mkdir(idle, { recursive: true, mode: 0o700 }), mkdir(busy, { recursive: true, mode: 0o700 })]);
  await sweepMarked(busy, "");
  const name = `${await processMark()}.git`;
  const directory = join(busy, name);
  const taken = (await takeIdle(idle, directory)) || (await create(directory));
  return {
    directory,
    async giveBack() {
      if (!taken) return;
      const packs = await readdir(join(directory, "objects", "pack")).catch(() => []);
      const loose = await readdir(join(directory, "objects")).catch(() => []);
      if (packs.length > 2 * mostPacks || loose.length > 200) return rm(directory, { recursive: true, force: true });
      await rename(directory, join(idle, name)).catch(() => rm(directory, { recursive: true, force: true }));
    },
  };
}

async function takeIdle(idle: string, directory: string): Promise<boolean> {
  for (const name of await readdir(idle)) {
    try {
      await rename(join(idle, name), directory);
      return true;
    } catch (error) {
      // Somebody else took it.
      if (!isMissing(error)) throw error;
    }
  }
  return false;
}

async function create(directory: string): Promise<boolean> {
  await mkdir(directory, { mode: 0o700 });
  try {
    // Templates may hold hooks; a repository of ours has none.
    await git(["init", "--quiet", "--bare", "--template=", "."], { cwd: directory });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error instanceof GitError
      ? error
      : new Error("no repository for the state's objects could be made", { cause: error });
  }
  await writeFile(
    join(directory, "description"),
    "Objects of dstack-gitops' state branch. A cache: remove it as you like.\n",
  );
  return true;
}
