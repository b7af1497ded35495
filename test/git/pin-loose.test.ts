import { join } from "node:path";

import { expect, test } from "vitest";

import { pinLoose } from "../../src/git/pin-loose.ts";
import { openRepository } from "../../src/git/work-tree.ts";
import { repositoryAt, tempDirectory, tempRepository } from "../support/temp-repository.ts";

const mapping = (local_path: string) => ({ local_path, path: "/app" });

test("outside a repository ignore files are respected, and what lies elsewhere is not looked at", async () => {
  await using directory = await tempDirectory();
  const files = repositoryAt(directory.path);
  await files.write({
    ".gitignore": "*\n",
    "svc/.dstack.yml": "1",
    "svc/other.dstack.yml": "2",
    "svc/.gitignore": "*.log\n",
    "svc/.dstackignore": "data\n",
    "svc/.env": "A=1\n",
    "svc/main.py": "print()\n",
    "svc/debug.log": "",
    "svc/data/big": "",
    "shared/x": "",
  });
  const place = join(directory.path, "svc/.dstack.yml");
  const other = join(directory.path, "svc/other.dstack.yml");
  const found = await pinLoose({ serviceFile: place, without: [place, other] }, [
    mapping("."),
    mapping("main.py"),
    mapping("absent"),
    mapping("../shared"),
    mapping("~/x"),
  ]);
  expect([...found].map(([path, { kind, entries }]) => [path, kind, entries.map((entry) => entry.path)])).toEqual([
    [".", "directory", [".dstackignore", ".env", ".gitignore", "main.py"]],
    ["main.py", "file", [""]],
  ]);
});

test("in a repository a content is the same as the one that is pinned there", async () => {
  await using repository = await tempRepository();
  await repository.write({
    ".gitignore": "*.log\n",
    "svc/.dstack.yml": "1",
    "svc/a": "a",
    "svc/b.log": "",
    "lib/x": "x",
  });
  const files = [mapping("."), mapping(".."), mapping("../lib")];
  const place = join(repository.path, "svc/.dstack.yml");
  const loose = await pinLoose({ serviceFile: place, without: [] }, files);
  const opened = await openRepository(repository.path, { stateRemote: null });
  expect([...loose.values()]).toEqual(await opened.pinFiles("svc/.dstack.yml", files));
});
