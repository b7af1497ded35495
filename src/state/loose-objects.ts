import { hash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflateSync, inflate } from "node:zlib";

import type { GitObject } from "../git/cat-file.ts";
import { GitError } from "../git/git-error.ts";
import { draftMark } from "./drafts.ts";
import type { NewObject } from "./git-objects.ts";
import { unusableCache } from "./store-errors.ts";

const inflated = promisify(inflate);

/** Names of objects that are being written begin so, as git's own do. */
export const draftPrefix = "tmp_obj_";

/** An object that lies alone in its file, as those do that were written or fetched last; `null`: git must be asked. */
export async function readLoose(directory: string, id: string): Promise<GitObject | null> {
  try {
    const bytes = await inflated(await readFile(pathOf(directory, id)));
    const end = bytes.indexOf(0);
    const [type = "", size] = bytes.toString("latin1", 0, end).split(" ");
    const content = bytes.subarray(end + 1);
    const isWhole = content.length === Number(size) && hash(id.length === 40 ? "sha1" : "sha256", bytes) === id;
    return isWhole ? { id, type, bytes: content } : spoilt(id);
  } catch (error) {
    if (error instanceof GitError) throw error;
    // It lies in a pack, in another repository, or nowhere; or it is spoilt, of which git says more.
    return null;
  }
}

/** Puts objects beside those that are there, as git does: each whole, or not at all. */
export async function writeLoose(directory: string, objects: readonly NewObject[]): Promise<void> {
  await Promise.all(objects.map((object) => put(directory, object)));
}

/** git itself would take it for what its name says. */
function spoilt(id: string): never {
  throw new GitError("damaged", `the loose object ${id} holds something else`);
}

async function put(directory: string, { type, id, content }: NewObject): Promise<void> {
  const path = pathOf(directory, id);
  if (await isThere(path)) return;
  const bytes = deflateSync(Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]), { level: 1 });
  const draft = join(directory, "objects", `${draftPrefix}${await draftMark()}`);
  try {
    await writeFile(draft, bytes, { mode: 0o444, flag: "wx" });
    await mkdir(join(path, ".."), { recursive: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    return unusableCache(join(directory, "objects"), error);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}

function pathOf(directory: string, id: string): string {
  return join(directory, "objects", id.slice(0, 2), id.slice(2));
}
