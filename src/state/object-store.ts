import { appendFile, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { draftMark, sweepDrafts, sweepReplacements } from "./drafts.ts";
import type { ObjectFormat } from "./git-objects.ts";
import { draftPrefix } from "./loose-objects.ts";
import { unusableCache } from "./store-errors.ts";

/** A bare repository that is ours alone until it is given back, over objects that this machine's processes share. */
export interface ObjectStore {
  readonly directory: string;
  /** The commit that its one reference names. */
  tip(): Promise<string | null>;
  /** Makes the reference name a commit whose objects are there. `alone`: of its ancestors nothing is known. */
  keep(commit: string, history?: "alone"): Promise<void>;
  /** Removes the lock files of killed calls of git: nothing of git runs here. */
  unlock(): Promise<void>;
  /** Tells those who read the shared objects that nothing is behind this commit. */
  noteEnd(commit: string): Promise<void>;
  /** Shares other objects from now on, none at first: those that were shared are spoilt. Absent: nothing is shared. */
  readonly renew?: () => Promise<void>;
  giveBack(): Promise<void>;
}

export interface ObjectStoreOptions {
  readonly format?: ObjectFormat;
  /** Shares nothing, for objects that are incomplete, or too many to keep. */
  readonly alone?: boolean;
}

/** The reference for the newest commit. */
export const keptReference = "refs/dstack-gitops/tip";

/** With more packs, or loose objects, objects are fetched anew rather than searched. */
const most = { packs: 50, loose: 15_000 } as const;

/** Milliseconds for which objects that are shared no more are kept: somebody may be about to use them. */
const grace = 3_600_000;

/**
 * Opens a repository for the state of a remote. References and what they lock belong to one process, so that nobody waits
 * for anybody's lock files, those of killed ones least of all. Objects never change and have no locks: what one process
 * fetched or wrote, the next one need not fetch.
 */
export async function openObjectStore(root: string, options: ObjectStoreOptions = {}): Promise<ObjectStore> {
  const { format = "sha1", alone = false } = options;
  const busy = join(root, "busy");
  const directory = join(busy, `${await draftMark()}.git`);
  let shared = directory;
  try {
    await mkdir(busy, { recursive: true, mode: 0o700 });
    await sweep(root, busy);
    await makeRepository(directory, format);
    if (alone) await mkdir(join(directory, "objects", "pack"), { recursive: true });
    else await share();
  } catch (error) {
    return unusableCache(root, error);
  }
  const reference = join(directory, keptReference);
  return {
    directory,
    tip: async () => (await readFile(reference, "utf8").catch(() => "")).trim() || null,
    async keep(commit, history) {
      // Nothing of git runs here meanwhile.
      if (history === "alone") await writeFile(join(directory, "shallow"), `${commit}\n`);
      await writeFile(reference, `${commit}\n`);
    },
    async unlock() {
      const locks = (await readdir(directory, { recursive: true })).filter((path) => path.endsWith(".lock"));
      await Promise.all(locks.map((path) => rm(join(directory, path), { force: true })));
    },
    noteEnd: (commit) => appendFile(join(shared, "shallow"), `${commit}\n`),
    ...(alone ? {} : { renew }),
    giveBack: () => rm(directory, { recursive: true, force: true }),
  };

  async function share(spoilt?: string): Promise<void> {
    shared = await sharedObjects(root, format, spoilt);
    const draft = join(directory, "shared");
    await symlink(join("..", "..", basename(shared), "objects"), draft);
    await rename(draft, join(directory, "objects"));
  }

  async function renew(): Promise<void> {
    // Somebody may have removed all of the cache.
    await makeRepository(directory, format);
    await share(shared);
    await Promise.all([rm(reference, { force: true }), rm(join(directory, "shallow"), { force: true })]);
  }
}

/** As `git init --bare` does without templates, in no time. */
async function makeRepository(directory: string, format: ObjectFormat): Promise<void> {
  await mkdir(join(directory, dirname(keptReference)), { recursive: true, mode: 0o700 });
  const extension = format === "sha1" ? "" : "[extensions]\n\tobjectFormat = sha256\n";
  const config = `[core]\n\trepositoryFormatVersion = ${format === "sha1" ? 0 : 1}\n\tbare = true\n${extension}`;
  await Promise.all([
    writeFile(join(directory, "HEAD"), "ref: refs/heads/none\n"),
    writeFile(join(directory, "config"), config),
  ]);
}

/** The newest repository of shared objects, or the next one where that has become large, or is spoilt. */
async function sharedObjects(root: string, format: ObjectFormat, spoilt?: string): Promise<string> {
  const newest = (await sharedIn(root, format)).at(-1);
  if (newest !== undefined && newest !== spoilt && !(await isLarge(newest))) {
    // Whoever has begun it may be making it still, or was killed over it.
    await mkdir(join(newest, "objects", "pack"), { recursive: true });
    return newest;
  }
  const number = newest === undefined ? 1 : Number(/-(\d+)\.git$/.exec(newest)?.[1]) + 1;
  const directory = join(root, `${format}-${String(number).padStart(6, "0")}.git`);
  await makeRepository(directory, format);
  await mkdir(join(directory, "objects", "pack"), { recursive: true });
  const text = "Objects of dstack-gitops' state branch. A cache: remove it as you like, while nothing runs.\n";
  await writeFile(join(directory, "description"), text);
  return directory;
}

/** Oldest first. */
async function sharedIn(root: string, format?: ObjectFormat): Promise<readonly string[]> {
  const names = (await readdir(root)).filter((name) => /^sha(1|256)-\d+\.git$/.test(name));
  return names
    .filter((name) => format === undefined || name.startsWith(`${format}-`))
    .toSorted()
    .map((name) => join(root, name));
}

async function isLarge(directory: string): Promise<boolean> {
  const packs = await readdir(join(directory, "objects", "pack")).catch(() => []);
  // Names are digests: one directory tells for all.
  const some = await readdir(join(directory, "objects", "17")).catch(() => []);
  return packs.length > 2 * most.packs || some.length > most.loose / 256;
}

/** Removes what killed processes left, and shared objects that are used no more. */
async function sweep(root: string, busy: string): Promise<void> {
  const used = new Set<string>();
  for (const name of await sweepDrafts(busy, ""))
    used.add(basename(dirname(await readlink(join(busy, name, "objects")).catch(() => ""))));
  // What this machine remembers of the branch lies beside its objects.
  await sweepReplacements(root);
  const all = await sharedIn(root);
  for (const directory of all) {
    await sweepDrafts(join(directory, "objects"), draftPrefix);
    await sweepPacks(join(directory, "objects", "pack"));
  }
  const newest = new Set(new Map(all.map((path) => [basename(path).split("-")[0], path])).values());
  for (const directory of all) {
    if (newest.has(directory) || used.has(basename(directory)) || (await ageOf(directory)) < grace) continue;
    await rm(directory, { recursive: true, force: true });
  }
}

/** Half packs of git processes that were killed: their names do not tell whose they are, their age does. */
async function sweepPacks(directory: string): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith("tmp_"));
  for (const name of names) {
    const found = await stat(join(directory, name)).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > grace) await rm(join(directory, name), { force: true });
  }
}

/** How long ago objects were last added to it, as far as new directories of them tell. */
async function ageOf(directory: string): Promise<number> {
  const { mtimeMs } = await stat(join(directory, "objects"));
  return Date.now() - mtimeMs;
}
