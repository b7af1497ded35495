import { createHash } from "node:crypto";
import { readdir, readFile, realpath, stat, symlink } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { git } from "../../src/git/git.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { startGitHttp } from "../support/git-http.ts";
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
  "a shallow clone": (source, place) => clone(place, "--depth=1", `file://${source}`),
  "a detached HEAD": async (source, place) => {
    await clone(place, source);
    await git(["checkout", "--quiet", "--detach"], { cwd: place });
  },
  "a worktree": async (source, place) => {
    await clone(`${place}-main`, source);
    await git(["worktree", "add", "--quiet", "--detach", place], { cwd: `${place}-main` });
  },
  "a bare clone": (source, place) => clone(place, "--bare", source),
  "a mirror": (source, place) => clone(place, "--mirror", source),
  "a sparse checkout": (source, place) => clone(place, "--sparse", source),
  "a submodule": async (source, place) => {
    await git(["init", "--quiet", `${place}-super`], { cwd: "/" });
    const config = [["protocol.file.allow", "always"]] as const;
    await git(["submodule", "--quiet", "add", source, "sub"], { cwd: `${place}-super`, config });
    await symlink(`${place}-super/sub`, place);
  },
  "a partial clone": async (source, place) => {
    await git(["config", "uploadpack.allowFilter", "true"], { cwd: source });
    await clone(place, "--filter=blob:none", "--no-checkout", `file://${source}`);
  },
  "a partial clone of a remote that filters no more": async (source, place) => {
    await git(["config", "uploadpack.allowFilter", "true"], { cwd: source });
    await clone(place, "--filter=blob:none", `file://${source}`);
    await git(["config", "uploadpack.allowFilter", "false"], { cwd: source });
  },
  "a clone without a commit": async (source, place) => {
    await git(["init", "--quiet", place], { cwd: "/" });
    await git(["remote", "add", "origin", source], { cwd: place });
  },
} satisfies Record<string, (source: string, place: string) => Promise<void>>;

async function clone(place: string, ...args: readonly string[]): Promise<void> {
  await git(["clone", "--quiet", ...args, place], { cwd: "/" });
}

test.for(Object.entries(kinds))("state works from %s, local and remote, and touches nothing", async ([, make]) => {
  await using source = await tempRepository();
  await source.commit({ "a.txt": "a\n" });
  await source.commit({ "a.txt": "b\n", "dir/b.txt": "b\n" });
  await worksFrom(source.path, async (place) => make(source.path, place));
  expect(await git(["fsck", "--strict", "--full"], { cwd: source.path })).toMatchObject({ exitCode: 0 });
});

test("state works in repositories that name objects by SHA-256", async () => {
  await using source = await tempDirectory();
  await git(["init", "--quiet", "--initial-branch=main", "--object-format=sha256", source.path], { cwd: "/" });
  await repositoryAt(source.path).commit({ "a.txt": "a\n" });
  await worksFrom(source.path, async (place) => clone(place, source.path));
  expect(await git(["fsck", "--strict", "--full"], { cwd: source.path })).toMatchObject({ text: "", exitCode: 0 });
});

/** How `actions/checkout` leaves its credentials: in the repository's configuration, or in a file that it includes for this repository alone. */
test.for(["in the configuration", "in a file that it includes"] as const)(
  "state works over HTTP from what actions/checkout makes, with its credentials %s",
  async (where) => {
    await using source = await tempRepository();
    const commit = await source.commit({ "a.txt": "a\n" });
    await source.commit({ "a.txt": "b\n" });
    await using server = await startGitHttp(join(source.path, ".."), "t0ken");
    const header = `AUTHORIZATION: basic ${Buffer.from("x-access-token:t0ken").toString("base64")}`;
    await worksFrom(source.path, async (place) => {
      const checkout = repositoryAt(place);
      await git(["init", "--quiet", place], { cwd: "/" });
      await checkout.git("remote", "add", "origin", `${server.url}/repository/.git`);
      await checkout.git("config", "--local", "gc.auto", "0");
      const file = where === "in the configuration" ? join(place, ".git/config") : `${place}-credentials.config`;
      await checkout.git("config", "--file", file, `http.${server.url}/.extraheader`, header);
      if (where !== "in the configuration")
        await checkout.git("config", "--local", `includeIf.gitdir:${join(place, ".git")}.path`, file);
      await checkout.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", `+${commit}:refs/remotes/origin/main`);
      await checkout.git("checkout", "--quiet", "--detach", "refs/remotes/origin/main");
    });
    expect(server.requests.every(({ path }) => !path.includes("t0ken"))).toBe(true);
  },
);

/** State in the checkout's remote leaves every byte of it as it was; in the checkout itself, all but what is ours. */
async function worksFrom(source: string, make: (place: string) => Promise<void>): Promise<void> {
  await using directory = await tempDirectory();
  await using cache = await tempDirectory();
  const place = join(directory.path, "checkout");
  await make(place);
  const ours = (path: string): boolean => /(^|\/)(objects\/|(refs|heads)\/.*dstack-|refs\/dstack-gitops\/)/.test(path);
  const looks = () => photograph(directory.path);
  const before = await looks();
  await exercise(place, "origin", cache.path);
  expect(await looks()).toEqual(before);
  expect(await stateBranchIn(source).commits()).toBe(3);
  const others = await photograph(directory.path, ours);
  await exercise(place, null, cache.path);
  expect(await photograph(directory.path, ours)).toEqual(others);
  expect(await stateBranchIn(await realpath(place)).commits()).toBe(3);
}
