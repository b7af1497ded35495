import { stat } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../lib/user-error.ts";
import { git } from "./git.ts";
import { isMissing } from "./work-tree-source.ts";

/** The repository that a directory of a work tree is the root of, such as a submodule; `null`: the directory is the outer one's. */
export async function innerRepository(
  root: string,
  path: string,
  ref: string | undefined,
): Promise<{ readonly root: string; readonly ref: string | undefined } | null> {
  const commit = ref === undefined ? undefined : await submoduleAt(root, path, ref);
  if (commit === null) return null;
  const inside = join(root, path);
  const found = await stat(inside).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (found === null && commit === undefined) throw missing();
  if (found?.isDirectory() === false) throw new UserError("repos-kind", "is no directory");
  const { text } = found === null ? { text: "" } : await git(["rev-parse", "--show-toplevel"], { cwd: inside });
  if (text === inside) return { root: inside, ref: commit };
  if (commit === undefined) return null;
  throw new UserError("repos-submodule", "is a submodule that is not checked out here", {
    hint: `git submodule update --init ${path}`,
  });
}

/** The commit of a submodule in a tree; `null`: it is a directory like any other. */
async function submoduleAt(root: string, path: string, ref: string): Promise<string | null> {
  const { text } = await git(["ls-tree", "-z", "--full-tree", ref, "--", path], { cwd: root });
  const found = /^(?<mode>\d+) (?<type>\w+) (?<id>[0-9a-f]+)\t/.exec(text)?.groups;
  if (found === undefined) throw missing();
  if (found["type"] === "blob") throw new UserError("repos-kind", "is no directory");
  return found["type"] === "commit" ? (found["id"] ?? null) : null;
}

function missing(): UserError {
  return new UserError("repos-missing", "does not exist");
}
