import { readObjects } from "../git/cat-file.ts";
import { git } from "../git/git.ts";
import type { Version } from "./branch.ts";

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
  return commits.flatMap((each, index) => {
    const object = objects[index];
    return object?.type === "blob" ? [{ ...each, text: object.bytes.toString("utf8") }] : [];
  });
}

/** Whether a commit's own object is in a repository, whatever else of it is. */
export async function hasCommit(directory: string, commit: string): Promise<boolean> {
  const found = await git(["cat-file", "-e", `${commit}^{commit}`], { cwd: directory, accept: [0, 1, 128] });
  return found.exitCode === 0;
}
