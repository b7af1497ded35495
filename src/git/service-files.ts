import { constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../lib/user-error.ts";
import { readObjects } from "./cat-file.ts";
import { commitSource } from "./commit-source.ts";
import { forEachOf } from "./concurrent.ts";
import { git } from "./git.ts";
import type { SourceFile } from "./repository.ts";
import { isMissing } from "./work-tree-source.ts";

const pattern = "*.dstack.yml";

/** Every service file that git tracks or would track, as it is in the work tree. */
export async function workTreeServiceFiles(root: string, exclude: readonly string[]): Promise<readonly SourceFile[]> {
  const args = ["ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--", pattern];
  const listed = await git(args, { cwd: root });
  // git goes on after a directory that it may not open; a service that is not seen would be destroyed.
  if (/could not open directory|cannot opendir/i.test(listed.stderr)) {
    throw new UserError("unreadable", `service files cannot be listed: ${listed.stderr.trim()}`);
  }
  const tags = new Map(
    listed.stdout
      .toString("utf8")
      .split("\0")
      .filter((line) => line !== "")
      .map((line) => [line.slice(2), line.slice(0, 1)]),
  );
  const wanted = await sortedWithout([...tags.keys()], exclude);
  const files = await forEachOf(wanted, async (path) => ({ path, bytes: await readServiceFile(root, path) }));
  const absent = files.filter((file) => file.bytes === null && tags.get(file.path) === "S").map((file) => file.path);
  const kept = new Map(await readFromIndex(root, absent));
  return files.flatMap(({ path, bytes }) => {
    const content = bytes ?? kept.get(path) ?? null;
    return content === null ? [] : [{ path, bytes: content }];
  });
}

/** Every service file of a commit. */
export async function commitServiceFiles(
  commit: string,
  cwd: string,
  exclude: readonly string[],
): Promise<readonly SourceFile[]> {
  const source = await commitSource(commit, cwd);
  const paths = await sortedWithout(
    source.paths.filter((path) => path.endsWith(pattern.slice(1))),
    exclude,
  );
  for (const path of paths) {
    const kind = (await source.stat(path))?.kind;
    if (kind === "symlink") throw refusedLink(path);
  }
  const files: string[] = [];
  for (const path of paths) if ((await source.stat(path))?.kind !== "directory") files.push(path);
  const contents = await source.read(files);
  return files.map((path, index) => ({ path, bytes: contents[index] ?? new Uint8Array() }));
}

/** `null`: deleted, or left out by a sparse checkout. */
async function readServiceFile(root: string, path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(join(root, path), { flag: constants.O_RDONLY | constants.O_NOFOLLOW });
  } catch (cause) {
    if (isMissing(cause)) return null;
    if (cause instanceof Error && "code" in cause && cause.code === "ELOOP") throw refusedLink(path);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("unreadable", `${path}: cannot be read: ${reason}`, { cause });
  }
}

function refusedLink(path: string): UserError {
  return new UserError("service-file-symlink", `${path}: a service file cannot be a symbolic link`, {
    hint: "copy the file, or add it to `exclude` in the settings",
  });
}

/** What a sparse checkout leaves out is still there, in the index. */
async function readFromIndex(root: string, paths: readonly string[]): Promise<readonly [string, Uint8Array][]> {
  const objects = await readObjects(
    paths.map((path) => `:0:${path}`),
    { cwd: root },
  );
  return paths.map((path, index) => {
    const object = objects[index];
    if (object === null || object === undefined) {
      throw new UserError(
        "unreadable",
        `${path}: is left out by the sparse checkout, and its content is not in this clone`,
      );
    }
    return [path, object.bytes];
  });
}

async function sortedWithout(paths: readonly string[], exclude: readonly string[]): Promise<readonly string[]> {
  const sorted = paths.toSorted();
  if (exclude.length === 0) return sorted;
  const { default: ignore } = await import("ignore");
  return ignore()
    .add([...exclude])
    .filter(sorted);
}
