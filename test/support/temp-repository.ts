import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { git } from "../../src/git/git.ts";

/** A directory for one test, removed with its scope. */
export async function tempDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "dstack-gitops-")));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

export interface TempRepository extends AsyncDisposable {
  readonly path: string;
  /** Runs git in it and returns what it printed. */
  git(...args: readonly string[]): Promise<string>;
  /** Puts files, by path from the root. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Puts files, adds everything and commits. Returns the commit. */
  commit(files: Readonly<Record<string, string>>, message?: string): Promise<string>;
}

/** A scratch repository on branch `main`, removed with its scope. */
export async function tempRepository(options: { readonly bare?: boolean } = {}): Promise<TempRepository> {
  const directory = await tempDirectory();
  const path = join(directory.path, options.bare === true ? "repository.git" : "repository");
  await git(["init", "--quiet", "--initial-branch=main", ...(options.bare === true ? ["--bare"] : []), path], {
    cwd: directory.path,
  });
  return { ...repositoryAt(path), [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

/** The same for a directory that somebody else made and removes: a clone, a worktree. */
export function repositoryAt(path: string): Omit<TempRepository, keyof AsyncDisposable> {
  const config = [
    ["user.name", "Test"],
    ["user.email", "test@example.com"],
  ] as const;
  const run = async (...args: readonly string[]): Promise<string> => (await git(args, { cwd: path, config })).text;
  return { path, git: run, write, commit };

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
  }

  async function commit(files: Readonly<Record<string, string>>, message = "Change"): Promise<string> {
    await write(files);
    await run("add", "--all");
    await run("commit", "--quiet", "--allow-empty", "--message", message);
    return run("rev-parse", "HEAD");
  }
}
