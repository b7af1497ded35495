import { mkdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { git } from "../../src/git/git.ts";
import { openRepository } from "../../src/git/work-tree.ts";
import { repositoryAt, tempDirectory, tempRepository } from "../support/temp-repository.ts";

const open = (path: string) => openRepository(path, { stateRemote: null });
const paths = (files: readonly { readonly path: string }[]): readonly string[] => files.map(({ path }) => path);

test("outside a git repository is a usage error", async () => {
  await using directory = await tempDirectory();
  await expect(open(directory.path)).rejects.toMatchObject({ code: "not-a-repository", exitCode: 2 });
  await expect(open(join(directory.path, "absent"))).rejects.toMatchObject({ code: "not-a-repository", exitCode: 2 });
});

test("a repository is found from any directory in it", async () => {
  await using repository = await tempRepository();
  await repository.commit({ "a/b/c.txt": "" });
  const [above, below] = await Promise.all([open(repository.path), open(join(repository.path, "a/b"))]);
  expect(above.root).toBe(await realpath(repository.path));
  expect(below).toMatchObject({ root: above.root, id: above.id });
});

test("service files are those that git tracks or would track, sorted, less the excluded", async () => {
  await using repository = await tempRepository();
  await repository.commit({
    ".gitignore": "ignored/\n",
    ".dstack.yml": "root",
    "b/.dstack.yml": "b",
    "b/llm.dstack.yml": "llm",
    "test/x.dstack.yml": "x",
    "not.dstack.yaml": "no",
    "gone.dstack.yml": "gone",
    "with space/ü.dstack.yml": "ü",
  });
  await repository.write({ "untracked.dstack.yml": "new", "ignored/i.dstack.yml": "i", "b/llm.dstack.yml": "edited" });
  await rm(join(repository.path, "gone.dstack.yml"));
  const opened = await open(repository.path);
  const now = await opened.serviceFiles({ exclude: ["test/**"] });
  expect(now.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])).toEqual([
    [".dstack.yml", "root"],
    ["b/.dstack.yml", "b"],
    ["b/llm.dstack.yml", "edited"],
    ["untracked.dstack.yml", "new"],
    ["with space/ü.dstack.yml", "ü"],
  ]);
  const then = await opened.serviceFiles({ exclude: ["test/**"], ref: "HEAD" });
  expect(then.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])).toEqual([
    [".dstack.yml", "root"],
    ["b/.dstack.yml", "b"],
    ["b/llm.dstack.yml", "llm"],
    ["gone.dstack.yml", "gone"],
    ["with space/ü.dstack.yml", "ü"],
  ]);
});

test("files that a sparse checkout leaves out are still desired", async () => {
  await using repository = await tempRepository();
  await repository.commit({ "in/a.dstack.yml": "a", "out/b.dstack.yml": "b" });
  await repository.git("sparse-checkout", "set", "in");
  const files = await (await open(repository.path)).serviceFiles({ exclude: [] });
  expect(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])).toEqual([
    ["in/a.dstack.yml", "a"],
    ["out/b.dstack.yml", "b"],
  ]);
});

test("a service file that is a symbolic link is refused, in the work tree and in a commit", async () => {
  await using repository = await tempRepository();
  await repository.write({ "real.yml": "x" });
  await symlink("real.yml", join(repository.path, "link.dstack.yml"));
  await repository.commit({});
  const opened = await open(repository.path);
  for (const options of [{ exclude: [] }, { exclude: [], ref: "HEAD" }]) {
    await expect(opened.serviceFiles(options)).rejects.toMatchObject({ code: "service-file-symlink", exitCode: 2 });
  }
  expect(await opened.serviceFiles({ exclude: ["link.dstack.yml"] })).toEqual([]);
});

test("files are read from the work tree and from commits, and nowhere else", async () => {
  await using repository = await tempRepository();
  await repository.commit({ ".dstack/gitops.yml": "old" });
  await repository.write({ ".dstack/gitops.yml": "new" });
  const opened = await open(repository.path);
  expect(Buffer.from((await opened.read(".dstack/gitops.yml")) ?? []).toString()).toBe("new");
  expect(Buffer.from((await opened.read(".dstack/gitops.yml", "HEAD")) ?? []).toString()).toBe("old");
  expect(await opened.read("absent")).toBeNull();
  expect(await opened.read("absent", "HEAD")).toBeNull();
  await expect(opened.read("../outside")).rejects.toMatchObject({ code: "outside-repository" });
  await expect(opened.read(".dstack")).rejects.toMatchObject({ code: "unreadable" });
  await expect(opened.read("absent", "no-such-ref")).rejects.toMatchObject({ code: "unknown-ref", exitCode: 2 });
});

test("the commit is HEAD as long as it holds what is desired", async () => {
  await using repository = await tempRepository();
  const opened = await open(repository.path);
  expect(await opened.commit()).toBeNull();
  const head = await repository.commit({ "a.txt": "a", "b.dstack.yml": "b" });
  expect(await opened.commit()).toBe(head);
  expect(await opened.commit("main")).toBe(head);
  await repository.write({ "plan.json": "{}" });
  expect(await opened.commit()).toBe(head);
  await repository.write({ "new.dstack.yml": "n" });
  expect(await opened.commit()).toBeNull();
  await rm(join(repository.path, "new.dstack.yml"));
  await repository.write({ "a.txt": "changed" });
  expect(await opened.commit()).toBeNull();
  await repository.git("add", "a.txt");
  expect(await opened.commit()).toBeNull();
  await expect(opened.commit("--upload-pack=x")).rejects.toMatchObject({ code: "unknown-ref" });
});

test("ancestors are told apart from what is not known", async () => {
  await using repository = await tempRepository();
  const first = await repository.commit({ a: "1" });
  const second = await repository.commit({ a: "2" });
  const opened = await open(repository.path);
  expect(await opened.isAncestor(first, second)).toBe(true);
  expect(await opened.isAncestor(second, first)).toBe(false);
  expect(await opened.isAncestor("0".repeat(39) + "1", second)).toBe(false);
});

test("a bare repository is read by commit only", async () => {
  await using repository = await tempRepository();
  const head = await repository.commit({ "a.dstack.yml": "a" });
  await using directory = await tempDirectory();
  await git(["clone", "--quiet", "--bare", repository.path, "bare.git"], { cwd: directory.path });
  const bare = await open(join(directory.path, "bare.git"));
  expect(paths(await bare.serviceFiles({ exclude: [], ref: "main" }))).toEqual(["a.dstack.yml"]);
  expect(await bare.commit()).toBe(head);
  await expect(bare.serviceFiles({ exclude: [] })).rejects.toMatchObject({ code: "no-work-tree" });
});

test("a worktree and its repository have one id; a remote gives one id to all its clones", async () => {
  await using repository = await tempRepository();
  await repository.commit({ a: "a" });
  await using directory = await tempDirectory();
  await repository.git("worktree", "add", "--quiet", "--detach", join(directory.path, "tree"));
  expect((await open(join(directory.path, "tree"))).id).toBe((await open(repository.path)).id);
  await git(["init", "--quiet", "clone"], { cwd: directory.path });
  const clone = repositoryAt(join(directory.path, "clone"));
  const ids = new Set<string>();
  await clone.git("remote", "add", "origin", "x");
  for (const url of [
    "https://u:p@github.com/acme/shop.git",
    "https://GitHub.com/acme/shop",
    "git@github.com:acme/shop.git",
    "ssh://git@github.com:22/acme/shop",
  ]) {
    await clone.git("remote", "set-url", "origin", url);
    ids.add((await openRepository(clone.path, { stateRemote: "origin" })).id);
    ids.add((await openRepository(clone.path, { stateRemote: url })).id);
  }
  expect([...ids]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  await expect(openRepository(clone.path, { stateRemote: "upstream" })).rejects.toMatchObject({
    code: "unknown-remote",
    exitCode: 2,
  });
});

test("a thousand service files are read in little more time than git takes to list them", async () => {
  await using repository = await tempRepository();
  await mkdir(join(repository.path, "services"));
  for (let n = 0; n < 1000; n += 1)
    await writeFile(join(repository.path, "services", `s${n}.dstack.yml`), `name: s${n}\n`);
  await repository.commit({});
  const opened = await open(repository.path);
  for (const options of [{ exclude: [] }, { exclude: [], ref: "HEAD" }]) {
    const started = performance.now();
    expect(await opened.serviceFiles(options)).toHaveLength(1000);
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});

test("a service file that became something else is an error, not a service that is gone", async () => {
  await using repository = await tempRepository();
  await repository.commit({ "a.dstack.yml": "a" });
  await rm(join(repository.path, "a.dstack.yml"));
  await mkdir(join(repository.path, "a.dstack.yml"));
  const opened = await open(repository.path);
  await expect(opened.serviceFiles({ exclude: [] })).rejects.toMatchObject({ code: "unreadable", exitCode: 2 });
});
