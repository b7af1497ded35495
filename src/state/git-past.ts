import { readObjects } from "../git/cat-file.ts";
import { git } from "../git/git.ts";
import type { Tip } from "./branch.ts";
import { parseCommit, replayed } from "./commit-object.ts";
import { packOf } from "./git-objects.ts";
import { formatOf } from "./object-database.ts";
import type { ObjectDatabase } from "./object-database.ts";
import { withGenerations } from "./past.ts";
import type { BareCommit, FileChange, Past, PastBranch, PastCommit } from "./past.ts";

/** The past of a branch that a repository has whole, behind a reference. */
export function pastIn(
  directory: string,
  database: ObjectDatabase,
  reference: string,
): Pick<PastBranch, "past" | "stateAt" | "replay"> & Required<Pick<PastBranch, "tipAt">> {
  return {
    past: (_, signal) => readPast(directory, reference, signal),
    stateAt: (commit, signal) => pastTip(commit, { database, directory }, signal),
    async tipAt(id, signal) {
      const commit = await database.object(id, signal);
      if (commit?.type !== "commit") return null;
      return database.tipOf(commit, () => messagesFrom(directory, id), signal);
    },
    async replay(oldest, tip, signal) {
      const commit = await replayCommits(directory, { oldest, newest: tip.commit }, signal);
      return { ...tip, commit };
    },
  };
}

/** Messages of a commit and its nearest ancestors, newest first. */
export async function messagesFrom(directory: string, commit: string): Promise<readonly string[]> {
  const log = await git(["log", "--first-parent", "-n", "200", "-z", "--format=%B", commit], { cwd: directory });
  return log.stdout.toString("utf8").split("\0");
}

/** A commit of the past that is there, as a tip. */
export async function pastTip(
  { commit, generation }: PastCommit,
  { database, directory }: { readonly database: ObjectDatabase; readonly directory: string },
  signal?: AbortSignal,
): Promise<Tip> {
  const [object] = await readObjects([commit], { cwd: directory, signal });
  if (object?.type !== "commit") throw new Error(`the commit ${commit} cannot be read`);
  const tip = await database.tipOf(object, async () => [`Generation: ${generation}`], signal);
  return { ...tip, generation };
}

/** The commits of a repository behind a reference, as far back as they are there; none where there is no such reference. */
export async function readPast(directory: string, reference: string, signal?: AbortSignal): Promise<Past> {
  const [tip] = await readObjects([reference], { cwd: directory, signal });
  if (tip === null || tip === undefined) return { commits: [], whole: true };
  const options = ["--first-parent", "--diff-merges=first-parent", "--root", "--raw", "--no-abbrev", "--no-renames"];
  const { stdout } = await git(["log", ...options, "-z", "--format=%H", tip.id, "--"], { cwd: directory, signal });
  const listed = parseLog(stdout.toString("utf8"));
  const ids = listed.map(({ commit }) => commit);
  const objects = (await readObjects(ids, { cwd: directory, signal })).map((object) =>
    object?.type === "commit" ? parseCommit(object.bytes) : null,
  );
  const whole = objects.at(-1)?.parents.length === 0;
  const commits = listed.flatMap(({ commit, changes }, index): readonly BareCommit[] => {
    const object = objects[index] ?? null;
    // The last one of a shallow repository: what it changed is not known there.
    if (object === null || (!whole && index === listed.length - 1)) return [];
    const { author, at, message, tree } = object;
    return [{ commit, author, at, message, tree, changes }];
  });
  return { commits: withGenerations(commits), whole };
}

/** What `git log --raw -z --format=%H` prints: an id, then the files that it changed, each with modes and ids. */
function parseLog(output: string): readonly Pick<BareCommit, "commit" | "changes">[] {
  const found: { commit: string; changes: FileChange[] }[] = [];
  const tokens = output.split("\0").map((token) => token.replace(/^\n/, ""));
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? "";
    if (/^[0-9a-f]{40,64}$/.test(token)) found.push({ commit: token, changes: [] });
    if (!token.startsWith(":")) continue;
    const [, , , id = "", status] = token.split(" ");
    index += 1;
    found.at(-1)?.changes.push({ path: tokens[index] ?? "", id: status === "D" ? null : id });
  }
  return found;
}

/** Stores copies of the commits from `oldest` to `newest`, of which the first has no parent. Returns the last one's id. */
async function replayCommits(
  directory: string,
  range: { readonly oldest: string; readonly newest: string },
  signal?: AbortSignal,
): Promise<string> {
  const { oldest, newest } = range;
  const options = { cwd: directory, signal };
  const format = await formatOf(directory);
  const listed = (await git(["rev-list", "--first-parent", "--reverse", newest, `^${oldest}`], options)).text;
  const ids = [oldest, ...listed.split("\n").filter((line) => line !== "")];
  const commits = (await readObjects(ids, options)).map((object, index) => {
    if (object?.type !== "commit") throw new Error(`the commit ${ids[index]} cannot be read`);
    return object.bytes;
  });
  const objects = replayed(commits, format);
  // One pack instead of thousands of files.
  await git(["index-pack", "--stdin"], { ...options, input: packOf(objects, format) });
  const last = objects.at(-1);
  if (last === undefined) throw new Error("there are no commits to replay");
  return last.id;
}
