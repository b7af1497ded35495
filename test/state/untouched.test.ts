import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { git } from "../../src/git/git.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { stateBranch, stateBranchIn } from "../support/state-branch.ts";
import { leaseOf } from "../support/state-values.ts";
import { repositoryAt, tempDirectory, tempRepository } from "../support/temp-repository.ts";
import { create } from "./store-contract.ts";

/** Every file below a directory with its bytes and, for the index, its time of change; `ignore` leaves out what a store may write. */
async function photograph(
  directory: string,
  ignore: (path: string) => boolean = () => false,
): Promise<readonly string[]> {
  const paths = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !ignore(path.slice(directory.length + 1)))
    .toSorted();
  return Promise.all(
    paths.map(async (path) => {
      const bytes = createHash("sha256")
        .update(await readFile(path))
        .digest("hex");
      const time = path.endsWith("/index") ? (await stat(path)).mtimeMs : "";
      return `${path} ${bytes} ${time}`;
    }),
  );
}

async function userRepository() {
  const repository = await tempRepository();
  await repository.commit({ "a.txt": "a\n", "dir/b.txt": "b\n" });
  await repository.commit({ "a.txt": "aa\n" });
  // Staged, changed and untracked at once: nothing of it may move.
  await repository.write({ "staged.txt": "s\n" });
  await repository.git("add", "staged.txt");
  await repository.write({ "a.txt": "changed\n", "untracked.txt": "u\n" });
  return repository;
}

async function exercise(root: string, remote: string | null, cache: string): Promise<void> {
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const open = () => gitBranchStore({ root, branch: stateBranch, remote, clock: systemClock, env });
  await using store = open();
  await using other = open();
  const basis = await create(store, "web");
  await create(other, "api");
  await store.commit({ message: "Lease", services: [{ name: "web", lease: leaseOf("a", 1) }], basis });
  expect((await other.load()).services.size).toBe(2);
}

test("with state in a remote, not a byte of the user's repository changes", async () => {
  await using user = await userRepository();
  await using remote = await tempRepository({ bare: true });
  await using cache = await tempDirectory();
  await user.git("remote", "add", "origin", remote.path);
  const before = await photograph(user.path);
  const status = await user.git("status", "--porcelain");
  const photographAfterStatus = await photograph(user.path);
  await exercise(user.path, "origin", cache.path);
  expect(await photograph(user.path)).toEqual(photographAfterStatus);
  expect(photographAfterStatus).toEqual(before);
  expect(await user.git("status", "--porcelain")).toBe(status);
  expect(await user.git("rev-parse", "--is-shallow-repository")).toBe("false");
  expect(await remote.git("fsck", "--strict", "--full")).toBe("");
});

test("with state in the local repository, only objects, its branch and its kept reference are new", async () => {
  await using user = await userRepository();
  await using cache = await tempDirectory();
  const ours = (path: string): boolean =>
    /^\.git\/(objects\/|refs\/heads\/dstack-state$|refs\/dstack-gitops\/)/.test(path);
  const before = await photograph(user.path, ours);
  const status = await user.git("status", "--porcelain");
  await exercise(user.path, null, cache.path);
  expect(await photograph(user.path, ours)).toEqual(before);
  expect(await user.git("status", "--porcelain")).toBe(status);
  expect(await user.git("branch", "--format=%(refname:short)")).toBe("dstack-state\nmain");
  expect(await user.git("fsck", "--strict", "--no-dangling")).toBe("");
});

test("user's hooks do not run for state", async () => {
  await using user = await userRepository();
  await using cache = await tempDirectory();
  await user.write({ ".git/hooks/reference-transaction": "#!/bin/sh\ntouch hook-ran\nexit 1\n" });
  await git(["update-index", "--refresh"], { cwd: user.path, accept: [0, 1] });
  const { chmod } = await import("node:fs/promises");
  await chmod(join(user.path, ".git/hooks/reference-transaction"), 0o755);
  await exercise(user.path, null, cache.path);
  expect(await readdir(user.path)).not.toContain("hook-ran");
});

/** Kinds of checkouts, each made from a repository with a remote. */
const kinds = {
  "a shallow clone": async (source, place) =>
    void (await git(["clone", "--quiet", "--depth=1", `file://${source}`, place], { cwd: "/" })),
  "a detached HEAD": async (source, place) => {
    await git(["clone", "--quiet", source, place], { cwd: "/" });
    await git(["checkout", "--quiet", "--detach"], { cwd: place });
  },
  "a worktree": async (source, place) => {
    await git(["clone", "--quiet", source, `${place}-main`], { cwd: "/" });
    await git(["worktree", "add", "--quiet", "--detach", place], { cwd: `${place}-main` });
  },
  "a bare clone": async (source, place) =>
    void (await git(["clone", "--quiet", "--bare", source, place], { cwd: "/" })),
  "a sparse checkout": async (source, place) => {
    await git(["clone", "--quiet", "--sparse", source, place], { cwd: "/" });
  },
  "a submodule": async (source, place) => {
    await git(["init", "--quiet", `${place}-super`], { cwd: "/" });
    const config = [["protocol.file.allow", "always"]] as const;
    await git(["submodule", "--quiet", "add", source, "sub"], { cwd: `${place}-super`, config });
    const { symlink } = await import("node:fs/promises");
    await symlink(`${place}-super/sub`, place);
  },
} satisfies Record<string, (source: string, place: string) => Promise<void>>;

test.for(Object.entries(kinds))("state works from %s, local and remote", async ([, make]) => {
  await using source = await tempRepository();
  await source.commit({ "a.txt": "a\n" });
  await source.commit({ "a.txt": "b\n", "dir/b.txt": "b\n" });
  await using directory = await tempDirectory();
  const place = join(directory.path, "checkout");
  await make(source.path, place);
  const checkout = repositoryAt(place);
  const looks = async () => [
    await checkout.git("rev-parse", "--is-shallow-repository", "HEAD"),
    (await checkout.git("for-each-ref")).split("\n").filter((line) => !/dstack-(state|gitops)/.test(line)),
    await checkout.git("config", "--list", "--local"),
  ];
  const before = await looks();
  await exercise(place, "origin", directory.path);
  expect(await stateBranchIn(source.path).commits()).toBe(3);
  await exercise(place, null, directory.path);
  expect(await looks()).toEqual(before);
});
