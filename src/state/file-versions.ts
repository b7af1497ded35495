import { readObjects } from "../git/cat-file.ts";
import { git } from "../git/git.ts";
import type { Version } from "./branch.ts";
import { parseCommit } from "./commit-object.ts";

/** So far back is looked. */
const mostVersions = 100;

/** What a file was in a commit and those before it, newest first, as far as their history is here. */
export async function pastVersions(directory: string, commit: string, path: string): Promise<readonly Version[]> {
  const log = await git(["log", "-n", String(mostVersions), "--format=%H %cI", commit, "--", path], {
    cwd: directory,
    accept: [0, 128],
  });
  const commits = log.text.split("\n").flatMap((line) => {
    const [id, time] = line.split(" ");
    return id === undefined || time === undefined ? [] : [{ commit: id, time }];
  });
  const objects = await readObjects(
    commits.map((each) => `${each.commit}:${path}`),
    { cwd: directory },
  );
  const versions: Version[] = [];
  for (const [index, each] of commits.entries()) {
    const object = objects[index];
    if (object?.type === "blob") versions.push({ ...each, text: object.bytes.toString("utf8") });
    // Where a file that is there was not, that was right: what it said before is settled, and must not come back.
    else if (versions.length > 0) break;
  }
  return versions;
}

/** So many commits are walked back to find another one. */
const mostSteps = 300;

/** Whether a commit comes after another one, by the commits that are here: whatever git was told about where history ends. */
export async function descends(directory: string, commit: string, from: string): Promise<boolean> {
  let at: string | undefined = commit;
  for (let step = 0; at !== undefined && at !== from && step < mostSteps; step += 1) {
    const [object]: readonly ({ readonly bytes: Buffer } | null)[] = await readObjects([at], { cwd: directory });
    at = object === null || object === undefined ? undefined : parseCommit(object.bytes).parents[0];
  }
  return at === from;
}
