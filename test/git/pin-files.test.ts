import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openRepository } from "../../src/git/work-tree.ts";
import { tempRepository } from "../support/temp-repository.ts";
import type { TempRepository } from "../support/temp-repository.ts";

/** Pins one entry of `svc/.dstack.yml` and lists what it holds. */
async function pin(repository: TempRepository, local: string, ref?: string) {
  const opened = await openRepository(repository.path, { stateRemote: null });
  const [pinned] = await opened.pinFiles("svc/.dstack.yml", [{ local_path: local, path: "/app" }], { ref });
  if (pinned === undefined) throw new Error("nothing was pinned");
  return { ...pinned, names: pinned.entries.map(({ path }) => path) };
}

test("a directory is pinned as the reference archives it, in the work tree as in the commit", async () => {
  await using repository = await tempRepository();
  await repository.commit({
    ".gitignore": "*.log\n",
    "svc/.dstack.yml": "type: service\n",
    "svc/app/.dstackignore": "data/\n!keep.log\n",
    "svc/app/.env.example": "A=1\n",
    "svc/app/main.py": "print()\n",
    "svc/app/sub/.gitignore": "secret*\n!secret-not\n",
    "svc/app/sub/secret-not": "x",
  });
  await repository.write({
    "svc/app/debug.log": "",
    "svc/app/data/big": "",
    "svc/app/sub/secret1": "",
    "svc/app/keep.log": "",
  });
  await repository.git("add", "--force", ".");
  await repository.git("commit", "--quiet", "--message", "Ignored, and tracked all the same");
  const now = await pin(repository, "app");
  expect(now).toMatchObject({ local_path: "app", path: "/app", kind: "directory" });
  expect(now.names).toEqual([
    ".dstackignore",
    ".env.example",
    "keep.log",
    "main.py",
    "sub/.gitignore",
    "sub/secret-not",
  ]);
  expect(await pin(repository, "app", "HEAD")).toEqual({
    ...now,
    entries: now.entries.map((entry) => ({ ...entry, content: Buffer.from(entry.content) })),
  });
});

test("the service file and .git are not part of its own content", async () => {
  await using repository = await tempRepository();
  await repository.commit({ "svc/.dstack.yml": "1", "svc/a": "a", b: "b" });
  expect((await pin(repository, ".")).names).toEqual(["a"]);
  expect((await pin(repository, "..")).names).toEqual(["b", "svc/a"]);
  const before = (await pin(repository, ".")).content;
  await repository.write({ "svc/.dstack.yml": "2" });
  expect((await pin(repository, ".")).content).toBe(before);
});

test("content is names, modes and bytes, and nothing else", async () => {
  await using repository = await tempRepository();
  await repository.write({ "svc/one/a": "a", "svc/two/a": "a" });
  const content = async (name: string) => (await pin(repository, name)).content;
  const first = await content("one");
  expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await content("two")).toBe(first);
  await chmod(join(repository.path, "svc/two/a"), 0o755);
  const executable = await content("two");
  await symlink("a", join(repository.path, "svc/two/link"));
  const linked = await content("two");
  await repository.write({ "svc/one/a": "b" });
  expect(new Set([first, executable, linked, await content("one")]).size).toBe(4);
});

test("a single file is pinned with its mode", async () => {
  await using repository = await tempRepository();
  await repository.write({ "svc/run.sh": "#!/bin/sh\n", ".gitignore": "run.sh\n" });
  await chmod(join(repository.path, "svc/run.sh"), 0o755);
  expect(await pin(repository, "./run.sh")).toMatchObject({
    kind: "file",
    entries: [{ path: "", mode: "executable" }],
  });
});

test("links inside are kept as they are", async () => {
  await using repository = await tempRepository();
  await repository.write({ "svc/app/real": "x" });
  await symlink("./real", join(repository.path, "svc/app/link"));
  const { entries } = await pin(repository, "app");
  expect(entries.map(({ path, mode, content }) => [path, mode, Buffer.from(content).toString()])).toEqual([
    ["link", "symlink", "./real"],
    ["real", "file", "x"],
  ]);
});

test.for([
  { entry: "absent", code: "files-missing", says: "does not exist" },
  { entry: "../../etc", code: "files-outside-repository", says: "outside the repository" },
  { entry: "/etc/passwd", code: "files-outside-repository", says: "outside the repository" },
  { entry: "~/.ssh", code: "files-outside-repository", says: "outside the repository" },
  { entry: "link", code: "files-symlink", says: "is a symbolic link" },
  { entry: "dirlink/a", code: "files-symlink", says: "leads through a symbolic link" },
  { entry: "leaky", code: "files-symlink", says: "`svc/leaky/out`, which points outside the entry (`../real`)" },
  { entry: "absolute", code: "files-symlink", says: "points outside the entry (`/etc/passwd`)" },
  {
    entry: "huge",
    code: "files-too-large",
    says: "is 2.9MiB, which exceeds the limit of 2.0MiB; largest: svc/huge/b (1.9MiB), svc/huge/a (1.0MiB)",
  },
])("`$entry` is refused: $says", async ({ entry, code, says }) => {
  await using repository = await tempRepository();
  await repository.write({
    "svc/real": "x",
    "svc/dir/a": "a",
    "svc/leaky/a": "",
    "svc/absolute/a": "",
    "svc/huge/c": "",
  });
  await writeFile(join(repository.path, "svc/huge/a"), Buffer.alloc(1_000_000));
  await writeFile(join(repository.path, "svc/huge/b"), Buffer.alloc(2_000_000));
  await symlink("real", join(repository.path, "svc/link"));
  await symlink("dir", join(repository.path, "svc/dirlink"));
  await symlink("../real", join(repository.path, "svc/leaky/out"));
  await symlink("/etc/passwd", join(repository.path, "svc/absolute/out"));
  await repository.commit({});
  for (const ref of [undefined, "HEAD"]) {
    const refusal = pin(repository, entry, ref);
    await expect(refusal).rejects.toMatchObject({ name: "UserError", code, exitCode: 2 });
    await expect(refusal).rejects.toThrow(`svc/.dstack.yml: \`files\` entry \`${entry}\``);
    await expect(refusal).rejects.toThrow(says);
  }
});
