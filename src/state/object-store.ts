import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { GitError } from "../git/git-error.ts";
import { git } from "../git/git.ts";
import { isMissing } from "../git/work-tree-source.ts";
import { hasCommit } from "./past.ts";
import { isProcessAlive, processStart } from "./process-owner.ts";

/** A bare repository that is ours alone until it is given back. */
export interface ObjectStore {
  readonly directory: string;
  giveBack(): Promise<void>;
}

/** More objects than this are fetched anew rather than searched. */
const mostPacks = 50;

/**
 * Takes a repository for objects of a remote's state. A process has its own, so that nobody waits for anybody's lock files,
 * those of killed ones least of all; a rename takes an idle one, where it matters one that has a commit, and gives it back.
 */
export async function takeObjectStore(root: string, having: string | null = null): Promise<ObjectStore> {
  const idle = join(root, "idle");
  const busy = join(root, "busy");
  await Promise.all([mkdir(idle, { recursive: true, mode: 0o700 }), mkdir(busy, { recursive: true, mode: 0o700 })]);
  await sweep(busy);
  const name = `${process.pid}-${await startOf(process.pid)}-${randomBytes(4).toString("hex")}.git`;
  const directory = join(busy, name);
  const taken = (await takeIdle(idle, directory, having)) || (await create(directory));
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

async function takeIdle(idle: string, directory: string, having: string | null): Promise<boolean> {
  const names = await readdir(idle);
  const best = having === null ? [] : await those(names, (name) => hasCommit(join(idle, name), having));
  for (const name of [...best, ...names.filter((other) => !best.includes(other))]) {
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

async function those(names: readonly string[], holds: (name: string) => Promise<boolean>): Promise<readonly string[]> {
  const held = await Promise.all(names.map((name) => holds(name).catch(() => false)));
  return names.filter((_, index) => held[index] === true);
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

/** Removes what killed processes left. */
async function sweep(busy: string): Promise<void> {
  for (const name of await readdir(busy)) {
    const [pid, start] = name.split("-");
    if (!/^\d+$/.test(pid ?? "") || (await isProcessAlive(Number(pid), start ?? ""))) continue;
    await rm(join(busy, name), { recursive: true, force: true });
  }
}

async function startOf(pid: number): Promise<string> {
  // Part of a file name.
  return ((await processStart(pid)) ?? "unknown").replaceAll(/[^A-Za-z0-9]/g, "");
}
