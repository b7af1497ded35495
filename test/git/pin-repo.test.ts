import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { PinnedRepo } from "../../src/config/files.ts";
import type { RepoSpec } from "../../src/config/spec.ts";
import { git } from "../../src/git/git.ts";
import { openRepository } from "../../src/git/work-tree.ts";
import { matching } from "../support/expecting.ts";
import { repositoryAt, tempDirectory, tempRepository } from "../support/temp-repository.ts";
import type { TempRepository } from "../support/temp-repository.ts";

type Checkout = Omit<TempRepository, keyof AsyncDisposable>;

const entry: RepoSpec = { local_path: "..", url: null, branch: null, hash: null, path: null, if_exists: "error" };
const file = "svc/.dstack.yml";
const none = { branch: "main", diff: null, entries: [] };

/** A clone of a bare remote, with everything pushed. */
async function clone(files: Readonly<Record<string, string>> = { "a.txt": "a\n", [file]: "type: service\n" }) {
  const remote = await tempRepository({ bare: true });
  const checkout = await tempRepository();
  const commit = await checkout.commit(files);
  await checkout.git("remote", "add", "origin", remote.path);
  await checkout.git("push", "--quiet", "--set-upstream", "origin", "main");
  return {
    ...checkout,
    head: commit,
    remote,
    async [Symbol.asyncDispose]() {
      await Promise.all([remote[Symbol.asyncDispose](), checkout[Symbol.asyncDispose]()]);
    },
  };
}

async function pin(path: string, spec: Partial<RepoSpec> = {}, ref?: string): Promise<PinnedRepo> {
  const opened = await openRepository(path, { stateRemote: null });
  const [pinned] = await opened.pinRepos(file, [{ ...entry, ...spec }], { ref });
  if (pinned === undefined) throw new Error("nothing was pinned");
  return pinned;
}

const patchOf = ({ entries }: PinnedRepo): string => Buffer.from(entries[0]?.content ?? []).toString();

/** The files that a clone of the remote has after what `apply` does with a pinned state. */
async function restored(state: PinnedRepo, directory: string): Promise<Checkout> {
  await git(["clone", "--quiet", state.url, "restored"], { cwd: directory });
  const copy = repositoryAt(join(directory, "restored"));
  await copy.git("checkout", "--quiet", state.commit ?? "");
  const [patch] = state.entries;
  if (patch !== undefined) await git(["apply", "--binary", "--index"], { cwd: copy.path, input: patch.content });
  return copy;
}

/** Names, modes and contents of a work tree, as git would commit them. */
async function treeOf({ path }: Checkout): Promise<string> {
  await using directory = await tempDirectory();
  const env = { GIT_INDEX_FILE: join(directory.path, "index") };
  await git(["read-tree", "HEAD"], { cwd: path, env });
  await git(["add", "--all"], { cwd: path, env });
  await git(["rm", "--quiet", "--cached", "--ignore-unmatch", "--", file], { cwd: path, env });
  return (await git(["ls-files", "--stage"], { cwd: path, env })).text;
}

test("a clean checkout is its branch and commit, and nothing more", async () => {
  await using checkout = await clone();
  expect(await pin(checkout.path)).toEqual({
    ...none,
    id: matching(/^[0-9a-f]{16}$/),
    url: checkout.remote.path,
    commit: checkout.head,
  });
  expect(await pin(checkout.path, {}, "main")).toEqual(await pin(checkout.path));
});

describe("what a work tree has on top is a diff that makes a clone equal to it", () => {
  const binary = Buffer.from([0, 1, 2, 255, 0, 10, 13, 200]);

  test.each<[string, (at: Checkout) => Promise<unknown>]>([
    ["an edit", (at) => at.write({ "a.txt": "b\n" })],
    ["a staged edit", (at) => at.write({ "a.txt": "b\n" }).then(() => at.git("add", "."))],
    [
      "an edit and another one that is staged",
      async (at) => {
        await at.write({ "a.txt": "staged\n" });
        await at.git("add", ".");
        await at.write({ "a.txt": "b\n" });
      },
    ],
    ["an untracked file", (at) => at.write({ "dir/new.txt": "new\n" })],
    ["an empty untracked file", (at) => at.write({ empty: "" })],
    ["an untracked link", (at) => symlink("a.txt", join(at.path, "link"))],
    [
      "an untracked executable",
      async (at) => {
        await at.write({ "run.sh": "#!/bin/sh\n" });
        await chmod(join(at.path, "run.sh"), 0o755);
      },
    ],
    ["an untracked name that must be quoted", (at) => at.write({ 'tab\there "ü': "x\n" })],
    ["a deleted file", (at) => rm(join(at.path, "a.txt"))],
    ["a renamed file", (at) => rename(join(at.path, "a.txt"), join(at.path, "b.txt"))],
    ["another mode", (at) => chmod(join(at.path, "a.txt"), 0o755)],
    ["a binary edit", (at) => writeFile(join(at.path, "a.txt"), binary)],
    ["an untracked binary", (at) => writeFile(join(at.path, "weights"), binary)],
    ["no line break at the end", (at) => at.write({ "a.txt": "a" })],
    [
      "a file that became a directory",
      async (at) => {
        await rm(join(at.path, "a.txt"));
        await at.write({ "a.txt/inner": "x\n" });
      },
    ],
    ["a commit that is not pushed", (at) => at.commit({ "a.txt": "b\n" })],
    [
      "a commit that is not pushed, and an edit",
      (at) => at.commit({ "a.txt": "b\n" }).then(() => at.write({ new: "1" })),
    ],
  ])("%s", async (_, change) => {
    await using checkout = await clone();
    await using directory = await tempDirectory();
    await change(checkout);
    const index = await checkout.git("ls-files", "--stage");
    const state = await pin(checkout.path);
    expect(state).toMatchObject({ branch: "main", commit: checkout.head, diff: matching(/^sha256:/) });
    expect(await treeOf(await restored(state, directory.path))).toBe(await treeOf(checkout));
    expect(await checkout.git("ls-files", "--stage")).toBe(index);
    expect(await pin(checkout.path)).toEqual(state);
  });
});

test.each<[string, (at: Checkout) => Promise<unknown>]>([
  ["an ignored file", (at) => at.write({ "debug.log": "x" })],
  ["the service file", (at) => at.write({ [file]: "type: service\nname: other\n" })],
  ["a file that was touched", (at) => utimes(join(at.path, "a.txt"), 1, 1)],
  ["another repository inside", (at) => git(["init", "--quiet", "inner"], { cwd: at.path })],
  ["an empty directory", (at) => mkdir(join(at.path, "empty"))],
])("%s is no change", async (_, change) => {
  await using checkout = await clone({ "a.txt": "a\n", ".gitignore": "*.log\n", [file]: "type: service\n" });
  const before = await pin(checkout.path);
  await change(checkout);
  expect(await pin(checkout.path)).toEqual(before);
  expect(before.diff).toBeNull();
});

test("another service file of the repository is content like any other", async () => {
  await using checkout = await clone();
  await checkout.write({ "other/.dstack.yml": "type: service\n" });
  expect(patchOf(await pin(checkout.path))).toContain("+++ b/other/.dstack.yml");
});

test("the user's configuration makes no other diff", async () => {
  await using checkout = await clone({ "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", b: "b\n", [file]: "" });
  await checkout.write({ "a.txt": "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", new: "n\n" });
  await rename(join(checkout.path, "b"), join(checkout.path, "c"));
  const plain = await pin(checkout.path);
  for (const [key, value] of [
    ["diff.noprefix", "true"],
    ["diff.mnemonicPrefix", "true"],
    ["diff.context", "0"],
    ["diff.renames", "copies"],
    ["diff.algorithm", "patience"],
    ["diff.external", "/bin/false"],
    ["diff.relative", "true"],
    ["diff.orderFile", "order"],
    ["color.ui", "always"],
    ["core.abbrev", "5"],
    ["status.showUntrackedFiles", "no"],
  ])
    await checkout.git("config", key ?? "", value ?? "");
  await writeFile(join(checkout.path, ".git/info/exclude"), "order\n");
  await checkout.write({ order: "new\n" });
  expect(await pin(checkout.path)).toEqual(plain);
});

test("a commit that was fetched, and not yet merged, changes nothing", async () => {
  await using checkout = await clone();
  await using directory = await tempDirectory();
  await git(["clone", "--quiet", checkout.remote.path, "other"], { cwd: directory.path });
  const other = repositoryAt(join(directory.path, "other"));
  const newer = await other.commit({ "a.txt": "theirs\n" });
  await other.git("push", "--quiet");
  const before = await pin(checkout.path);
  await checkout.git("fetch", "--quiet");
  expect(await pin(checkout.path)).toEqual(before);
  await checkout.git("merge", "--quiet", "--ff-only", "origin/main");
  expect(await pin(checkout.path)).toEqual({ ...before, commit: newer });
});

test("a branch of another name tracks what it tracks", async () => {
  await using checkout = await clone();
  await checkout.git("switch", "--quiet", "--create", "mine", "--track", "origin/main");
  expect(await pin(checkout.path)).toMatchObject({ ...none, commit: checkout.head });
});

test("a detached HEAD is its commit alone", async () => {
  await using checkout = await clone();
  const next = await checkout.commit({ "a.txt": "b\n" });
  await checkout.git("push", "--quiet");
  await checkout.git("checkout", "--quiet", "--detach", checkout.head);
  expect(await pin(checkout.path)).toMatchObject({ branch: null, commit: checkout.head, diff: null });
  await checkout.write({ "a.txt": "c\n" });
  expect(await pin(checkout.path)).toMatchObject({ branch: null, commit: checkout.head, diff: matching(/^sha256:/) });
  expect(await pin(checkout.path, {}, next)).toMatchObject({ branch: null, commit: next, diff: null });
  expect(await pin(checkout.path, {}, "main")).toMatchObject({ ...none, commit: next });
});

test("checkouts of CI: a shallow clone of a branch, and a detached merge commit without any", async () => {
  await using checkout = await clone();
  const next = await checkout.commit({ "a.txt": "b\n" });
  await checkout.git("push", "--quiet");
  await using directory = await tempDirectory();
  await git(["clone", "--quiet", "--depth=1", `file://${checkout.remote.path}`, "shallow"], { cwd: directory.path });
  const shallow = join(directory.path, "shallow");
  expect(await pin(shallow)).toMatchObject({ ...none, commit: next });
  // As actions/checkout does for a pull request.
  await git(["init", "--quiet", "merge"], { cwd: directory.path });
  const merge = repositoryAt(join(directory.path, "merge"));
  await merge.git("remote", "add", "origin", checkout.remote.path);
  await merge.git("fetch", "--quiet", "--depth=1", "origin", `+${next}:refs/remotes/pull/7/merge`);
  await merge.git("checkout", "--quiet", "--force", "refs/remotes/pull/7/merge");
  expect(await pin(merge.path)).toEqual({ ...(await pin(shallow)), branch: null, url: checkout.remote.path });
});

test("an unpushed commit of a shallow clone without common history is a diff all the same", async () => {
  await using checkout = await clone();
  await using directory = await tempDirectory();
  await git(["clone", "--quiet", "--depth=1", `file://${checkout.remote.path}`, "shallow"], { cwd: directory.path });
  const shallow = repositoryAt(join(directory.path, "shallow"));
  await shallow.commit({ "a.txt": "mine\n" });
  await checkout.commit({ "b.txt": "b\n" });
  const theirs = await checkout.commit({ "c.txt": "c\n" });
  await checkout.git("push", "--quiet");
  await shallow.git("fetch", "--quiet", "--depth=1");
  const state = await pin(shallow.path);
  expect(state).toMatchObject({ branch: "main", commit: theirs });
  expect(await treeOf(await restored(state, directory.path))).toBe(await treeOf(shallow));
});

test("a worktree has a state of its own", async () => {
  await using checkout = await clone();
  await using directory = await tempDirectory();
  const path = join(directory.path, "tree");
  await checkout.git("worktree", "add", "--quiet", "-b", "feature", path);
  const tree = repositoryAt(path);
  await tree.git("push", "--quiet", "--set-upstream", "origin", "feature");
  await tree.write({ new: "n\n" });
  const state = await pin(path);
  expect(state).toMatchObject({ branch: "feature", commit: checkout.head });
  expect(patchOf(state)).toContain("+++ b/new");
  expect(await pin(checkout.path)).toMatchObject({ ...none, commit: checkout.head, id: state.id });
});

test("a submodule is a repository of its own, pinned by the commit that is recorded", async () => {
  await using library = await clone({ "lib.txt": "1\n" });
  await using checkout = await clone();
  await checkout.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.remote.path, "svc/lib");
  const first = await checkout.commit({});
  await checkout.git("push", "--quiet");
  const inner = repositoryAt(join(checkout.path, "svc/lib"));
  const local = { local_path: "lib" };
  const state = await pin(checkout.path, local);
  expect(state).toMatchObject({ ...none, commit: library.head, url: library.remote.path });
  expect(await pin(checkout.path)).toMatchObject({ commit: first, diff: null });
  await inner.write({ "lib.txt": "2\n" });
  expect(patchOf(await pin(checkout.path, local))).toContain("+2");
  // What is dirty in it is no change of the outer one; another commit is.
  expect(await pin(checkout.path)).toMatchObject({ commit: first, diff: null });
  await inner.commit({});
  expect(patchOf(await pin(checkout.path))).toContain("+Subproject commit");
  expect(await pin(checkout.path, local, "HEAD")).toEqual({ ...state, branch: null });
  await checkout.git("submodule", "--quiet", "deinit", "--force", "svc/lib");
  await expect(pin(checkout.path, local, "HEAD")).rejects.toMatchObject({ code: "repos-submodule" });
});

test("a bare repository is pinned by commit only", async () => {
  await using checkout = await clone();
  await using directory = await tempDirectory();
  await git(["clone", "--quiet", "--bare", checkout.remote.path, "bare.git"], { cwd: directory.path });
  const bare = join(directory.path, "bare.git");
  await expect(pin(bare)).rejects.toMatchObject({ code: "no-work-tree" });
  expect(await pin(bare, {}, checkout.head)).toMatchObject({ branch: null, commit: checkout.head, diff: null });
});

test("URLs are one repository however they are written, and are kept without credentials", async () => {
  await using checkout = await clone();
  const states: PinnedRepo[] = [];
  for (const url of [
    "https://user:canary-1@github.com/acme/shop.git",
    "https://canary-2@GitHub.com/acme/shop",
    "https://github.com/acme/shop?token=canary-3",
    "https://user:can/ary-4@github.com/acme/shop",
    "ssh://git:canary-5@github.com:22/acme/shop",
    "git@github.com:acme/shop.git",
  ]) {
    await checkout.git("remote", "set-url", "origin", url);
    states.push(await pin(checkout.path));
  }
  expect(JSON.stringify(states)).not.toMatch(/canary|can\/ary/);
  expect(new Set(states.map(({ id }) => id)).size).toBe(1);
  expect(states.map(({ url }) => url)).toEqual([
    "https://github.com/acme/shop.git",
    "https://github.com/acme/shop",
    "https://github.com/acme/shop",
    "https://github.com/acme/shop",
    "ssh://git@github.com:22/acme/shop",
    "git@github.com:acme/shop.git",
  ]);
});

test("what the service file names itself is taken as the remote has it", async () => {
  await using checkout = await clone();
  await checkout.git("push", "--quiet", "origin", "main:release");
  const next = await checkout.commit({ "a.txt": "b\n" });
  await checkout.git("push", "--quiet");
  await checkout.git("fetch", "--quiet");
  await checkout.write({ "a.txt": "c\n" });
  expect(await pin(checkout.path, { branch: "release" })).toMatchObject({
    branch: "release",
    commit: checkout.head,
    diff: null,
  });
  expect(await pin(checkout.path, { branch: "main" })).toEqual(await pin(checkout.path));
  expect(await pin(checkout.path, { hash: "v1" })).toMatchObject({ branch: null, commit: "v1", diff: null });
  await expect(pin(checkout.path, { branch: "absent" })).rejects.toMatchObject({ code: "repos-no-remote-branch" });
  expect(await pin(checkout.path, { branch: "main" }, next)).toMatchObject({ branch: "main", commit: next });
});

test("a URL is pinned as it is written, and asked for its commit only when that is wanted", async () => {
  await using checkout = await clone();
  const url = "https://github.com/acme/shop";
  const written = { url, local_path: null };
  const state = {
    id: matching(/^[0-9a-f]{16}$/),
    url,
    branch: null,
    commit: null,
    diff: null,
    entries: [],
  };
  expect(await pin(checkout.path, written)).toEqual(state);
  expect(await pin(checkout.path, { ...written, hash: "abc123", branch: "b" })).toEqual({
    ...state,
    branch: "b",
    commit: "abc123",
  });
});

test.for<{ spec: Partial<RepoSpec>; code: string; says: string }>([
  { spec: { local_path: "." }, code: "repos-not-root", says: "is a directory of the repository" },
  { spec: { local_path: "../dir" }, code: "repos-not-root", says: "is a directory of the repository" },
  { spec: { local_path: "../absent" }, code: "repos-missing", says: "does not exist" },
  { spec: { local_path: "../a.txt" }, code: "repos-kind", says: "is no directory" },
  { spec: { local_path: "../.." }, code: "repos-outside-repository", says: "is outside the repository" },
  { spec: { local_path: "~/repo" }, code: "repos-outside-repository", says: "is outside the repository" },
  { spec: { local_path: "/srv/repo" }, code: "repos-outside-repository", says: "is outside the repository" },
  { spec: { local_path: "C:\\repo" }, code: "repos-outside-repository", says: "is outside the repository" },
  {
    spec: { local_path: null, url: "https://u:canary@github.com/a/b" },
    code: "repos-credentials",
    says: "the URL has credentials in it",
  },
])("$spec is refused: $says", async ({ spec, code, says }) => {
  await using checkout = await clone({ "a.txt": "a", "dir/b": "b", [file]: "" });
  for (const ref of [undefined, "HEAD"]) {
    const refusal = pin(checkout.path, spec, ref);
    await expect(refusal).rejects.toMatchObject({ name: "UserError", code, exitCode: 2 });
    await expect(refusal).rejects.toThrow(/^svc\/\.dstack\.yml: `repos` entry `/);
    await expect(refusal).rejects.toThrow(says);
    await expect(refusal).rejects.not.toThrow("canary");
  }
});

test("without a remote branch there is nothing that a replica could clone", async () => {
  await using repository = await tempRepository();
  await expect(pin(repository.path)).rejects.toMatchObject({ code: "repos-no-commit" });
  await repository.commit({ a: "a" });
  for (const ref of [undefined, "HEAD", "main"])
    await expect(pin(repository.path, {}, ref)).rejects.toMatchObject({
      code: "repos-no-remote-branch",
      message: "svc/.dstack.yml: `repos` entry `..`: No remote branch is configured",
      hint: "a replica clones the repository from its remote: git push --set-upstream origin main",
    });
  await repository.git("checkout", "--quiet", "--detach");
  await expect(pin(repository.path)).rejects.toThrow("No remote branch is configured");
});

test("a remote branch that was deleted is named", async () => {
  await using checkout = await clone();
  await checkout.git("update-ref", "-d", "refs/remotes/origin/main");
  await expect(pin(checkout.path)).rejects.toMatchObject({ hint: "git fetch origin" });
});

test("more changes than may be kept are refused with the largest files", async () => {
  await using checkout = await clone();
  await writeFile(join(checkout.path, "small"), Buffer.alloc(1000, "s\n"));
  await writeFile(join(checkout.path, "big"), Buffer.alloc(1_500_000, "text\n"));
  await writeFile(join(checkout.path, "bigger"), Buffer.alloc(1_600_000, "text\n"));
  const largest = "largest: bigger (1.5MiB), big (1.4MiB), small (0.0MiB)";
  const refusal = pin(checkout.path);
  await expect(refusal).rejects.toMatchObject({ code: "repos-too-large", exitCode: 2 });
  await expect(refusal).rejects.toThrow(
    `more changes than the limit of 2.0MiB that are on no remote branch; ${largest}`,
  );
  await checkout.commit({});
  await expect(pin(checkout.path, {}, "main")).rejects.toThrow(largest);
  await checkout.git("push", "--quiet");
  expect(await pin(checkout.path)).toMatchObject({ diff: null });
  await rm(join(checkout.path, "bigger"));
  await rm(join(checkout.path, "big"));
  await expect(pin(checkout.path)).rejects.toThrow("largest: bigger (1.5MiB), big (1.4MiB)");
});
