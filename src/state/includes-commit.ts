import { readObjects } from "../git/cat-file.ts";
import { git } from "../git/git.ts";
import type { Tip } from "./branch.ts";
import { parseCommit } from "./commit-object.ts";
import { historyPath } from "./layout.ts";
import type { ObjectDatabase } from "./object-database.ts";
import { trailersOf } from "./trailers.ts";
import { nodeAt } from "./tree.ts";

/** Whether a commit that we made is in a tip's history: itself, or as the copy that a compaction has made of it, which has its nonce. */
export async function includesCommit(
  { database, directory }: { readonly database: ObjectDatabase; readonly directory: string },
  tip: Tip,
  commit: string,
  signal?: AbortSignal,
): Promise<boolean> {
  if (await database.isAncestor(commit, tip.commit, signal)) return true;
  if (nodeAt(tip.tree, historyPath) === null) return false;
  const [made] = await readObjects([commit], { cwd: directory, signal });
  const [nonce] = made?.type === "commit" ? trailersOf(parseCommit(made.bytes).message, "Nonce") : [];
  if (nonce === undefined) return false;
  const options = ["--first-parent", "--fixed-strings", `--grep=Nonce: ${nonce}`, "-n", "1", "--format=%H"];
  const found = await git(["log", ...options, tip.commit, "--"], { cwd: directory, signal });
  return found.text !== "";
}
