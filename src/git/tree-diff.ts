import { copyFile, lstat, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { UserError } from "../lib/user-error.ts";
import { forEachOf } from "./concurrent.ts";
import { GitError } from "./git-error.ts";
import { git } from "./git.ts";
import { contentLimit, mebibytes, sizesText } from "./limit.ts";
import { isMissing } from "./work-tree-source.ts";

/** Between which trees, and what is left out. */
export interface DiffRange {
  readonly base: string;
  /** `null`: the work tree, with what is not tracked and not ignored. */
  readonly head: string | null;
  /** Files that do not count, from the repository's root. */
  readonly without: readonly string[];
}

/** As `git apply --binary` takes it, and the same whatever the user's configuration says. */
const format = [
  "--binary",
  "--full-index",
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--no-renames",
  "--no-relative",
  "--src-prefix=a/",
  "--dst-prefix=b/",
  "--unified=3",
  "--inter-hunk-context=0",
  "--diff-algorithm=myers",
  "--indent-heuristic",
  "--submodule=short",
  "--ignore-submodules=dirty",
  "-O/dev/null",
] as const;

const config = [
  ["diff.suppressBlankEmpty", "false"],
  ["core.compression", "-1"],
  ["core.splitIndex", "false"],
] as const;

/** What a tree has on top of a commit; empty: nothing. Throws when it is more than may be kept. */
export async function treeDiff(root: string, range: DiffRange): Promise<Uint8Array> {
  if (range.head === range.base) return new Uint8Array();
  const untracked = range.head === null ? await untrackedFiles(root, range) : [];
  await using index = await indexWith(root, untracked, range.base);
  const call = { cwd: root, config, env: index.env };
  const trees = [range.base, ...(range.head === null ? [] : [range.head])];
  try {
    const { stdout } = await git(["diff", ...format, ...trees, "--", ...pathspec(range)], {
      ...call,
      maxBuffer: contentLimit,
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof GitError) || error.reason !== "too-large") throw error;
    const changed = await git(["diff", "--name-only", "-z", "--no-renames", ...trees, "--", ...pathspec(range)], call);
    throw await tooLarge(root, range, changed.text);
  }
}

function pathspec({ without }: DiffRange): readonly string[] {
  return [":(top)", ...without.map((path) => `:(top,exclude,literal)${path}`)];
}

/** Names as bytes, one a character: they need not be UTF-8. */
async function untrackedFiles(root: string, range: DiffRange): Promise<readonly string[]> {
  const args = ["ls-files", "-z", "--others", "--exclude-standard", "--", ...pathspec(range)];
  const listed = await git(args, { cwd: root });
  if (/could not open directory|cannot opendir/i.test(listed.stderr))
    throw new UserError("unreadable", `files cannot be listed: ${listed.stderr.trim()}`);
  // A directory is another repository, of which git does not track the files either.
  return listed.stdout
    .toString("latin1")
    .split("\0")
    .filter((path) => path !== "" && !path.endsWith("/"));
}

/** A copy of the index that knows of more files, for one diff: git compares what it knows of alone. */
async function indexWith(
  root: string,
  paths: readonly string[],
  anyObject: string,
): Promise<AsyncDisposable & { readonly env: Readonly<Record<string, string>> }> {
  if (paths.length === 0) return { env: {}, [Symbol.asyncDispose]: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), "dstack-gitops-index-"));
  const file = join(directory, "index");
  const env = { GIT_INDEX_FILE: file };
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const { text } = await git(["rev-parse", "--git-path", "index"], { cwd: root });
    await copyFile(resolve(root, text), file).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    // Entries that were never looked at: git takes mode and content from the work tree, whatever object they name.
    const input = paths.map((path) => `100644 ${anyObject} 0\t${path}\0`).join("");
    const args = ["update-index", "--replace", "-z", "--index-info"];
    await git(args, { cwd: root, config, env, input: Buffer.from(input, "latin1") });
  } catch (error) {
    await remove();
    throw error;
  }
  return { env, [Symbol.asyncDispose]: remove };
}

async function tooLarge(root: string, range: DiffRange, changed: string): Promise<UserError> {
  const paths = changed.split("\0").filter((path) => path !== "");
  const sizes = await forEachOf(paths, async (path) => ({ path, size: await sizeOf(root, range, path) }));
  return new UserError(
    "repos-too-large",
    `has more changes than the limit of ${mebibytes(contentLimit)} that are on no remote branch; largest: ${sizesText(sizes)}`,
    { hint: "commit and push them, or use .gitignore to exclude large files" },
  );
}

async function sizeOf(root: string, { base, head }: DiffRange, path: string): Promise<number> {
  if (head === null) {
    const found = await lstat(join(root, path)).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (found !== null) return found.size;
  }
  for (const commit of head === null ? [base] : [head, base]) {
    const { exitCode, text } = await git(["cat-file", "-s", `${commit}:${path}`], { cwd: root, accept: [0, 128] });
    if (exitCode === 0) return Number(text);
  }
  return 0;
}
