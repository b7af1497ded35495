import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { git } from "../../src/git/git.ts";
import type { GitOptions } from "../../src/git/git.ts";
import { tempDirectory } from "./temp-repository.ts";

export const stateBranch = "dstack-state";

/** Looks at, and spoils, the state branch of a repository as a person with git would. */
export function stateBranchIn(repository: string) {
  const run = async (args: readonly string[], options: Partial<GitOptions> = {}) =>
    git(args, { cwd: repository, ...options });
  return {
    async file(path: string): Promise<string | null> {
      const found = await run(["cat-file", "-p", `${stateBranch}:${path}`], { accept: [0, 128] });
      return found.exitCode === 0 ? found.stdout.toString("utf8") : null;
    },
    commits: async () => Number((await run(["rev-list", "--count", stateBranch])).text),
    async edit(files: Readonly<Record<string, string>>): Promise<void> {
      await using directory = await tempDirectory();
      const config = [
        ["user.name", "Test"],
        ["user.email", "test@example.com"],
      ] as const;
      const exists = (await run(["rev-parse", "--verify", "--quiet", stateBranch], { accept: [0, 1] })).exitCode === 0;
      const place = join(directory.path, "clone");
      await git(["clone", "--quiet", ...(exists ? ["--branch", stateBranch] : []), repository, place], {
        cwd: directory.path,
      });
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(place, path)), { recursive: true });
        await writeFile(join(place, path), text);
      }
      await git(["add", "--all"], { cwd: place });
      await git(["commit", "--quiet", "--message", "By hand"], { cwd: place, config });
      await git(["push", "--quiet", "origin", `HEAD:refs/heads/${stateBranch}`], { cwd: place });
      await rm(place, { recursive: true, force: true });
    },
    async rewind(commits: number): Promise<void> {
      await run(["update-ref", `refs/heads/${stateBranch}`, `${stateBranch}~${commits}`]);
    },
    async remove(): Promise<void> {
      await run(["update-ref", "-d", `refs/heads/${stateBranch}`]);
    },
  };
}
