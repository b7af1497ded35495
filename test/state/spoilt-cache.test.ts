import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

import { expect, test } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { examine } from "../../src/state/doctor.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { partPath } from "../../src/state/layout.ts";
import { stateBranch } from "../support/state-branch.ts";
import { leaseOf } from "../support/state-values.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";
import { create } from "./store-contract.ts";

async function benchOf() {
  const stack = new AsyncDisposableStack();
  const remote = stack.use(await tempRepository({ bare: true }));
  const user = stack.use(await tempRepository());
  const cache = stack.use(await tempDirectory());
  await user.git("remote", "add", "origin", remote.path);
  const env = { ...process.env, XDG_CACHE_HOME: cache.path };
  const open = () =>
    stack.use(gitBranchStore({ root: user.path, branch: stateBranch, remote: "origin", clock: systemClock, env }));
  return { remote, cache, open, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The file in which this machine keeps an object. */
async function fileOf(cache: string, id: string): Promise<string> {
  const [place = ""] = await readdir(join(cache, "dstack-gitops"));
  return join(cache, "dstack-gitops", place, "sha1-000001.git", "objects", id.slice(0, 2), id.slice(2));
}

const objects = {
  "the commit": stateBranch,
  "a directory": `${stateBranch}:services`,
  "a record": `${stateBranch}:${partPath("record", "web")}`,
} as const;

const damages: Readonly<Record<string, (bytes: Buffer) => Uint8Array | null>> = {
  "half-written": (bytes) => bytes.subarray(0, bytes.length / 2),
  empty: () => Buffer.alloc(0),
  missing: () => null,
  "something else": () => deflateSync(Buffer.from("blob 3\0{}\n")),
};

test.for(
  Object.entries(objects).flatMap(([what, name]) =>
    Object.entries(damages).map(([how, damage]) => ({ what, name, how, damage })),
  ),
)("of what this machine keeps, $what is $how: it is fetched again, and nothing wrong is pushed", async (spoilt) => {
  await using bench = await benchOf();
  {
    await using store = bench.open();
    await create(store, "web");
  }
  const file = await fileOf(bench.cache.path, await bench.remote.git("rev-parse", spoilt.name));
  const bytes = spoilt.damage(await readFile(file));
  await chmod(file, 0o600);
  if (bytes === null) await rm(file);
  else await writeFile(file, bytes);
  await using next = bench.open();
  // What a repair finds wrong is what the remote has, not what this machine has lost.
  expect((await examine(await next.patient())).ailments).toEqual([]);
  const basis = await next.load();
  expect([...basis.services.keys()]).toEqual(["web"]);
  await next.commit({ message: "Go on", services: [{ name: "web", lease: leaseOf("a", 1) }], basis });
  expect(await bench.remote.git("fsck", "--strict", "--full")).toBe("");
});

test("what the remote has lost is said, and not taken for a file that a repair would replace", async () => {
  await using bench = await benchOf();
  {
    await using store = bench.open();
    await create(store, "web");
  }
  await using broken = bench.open();
  const patient = await broken.patient();
  const lossy = { ...patient, branch: { ...patient.branch, contents: async () => new Map<string, Uint8Array>() } };
  await expect(examine(lossy)).rejects.toMatchObject({ code: "state-incomplete" });
});

test("a cache that is removed while it is used is made again", async () => {
  await using bench = await benchOf();
  await using store = bench.open();
  await create(store, "web");
  await rm(join(bench.cache.path, "dstack-gitops"), { recursive: true });
  expect([...(await store.load()).services.keys()]).toEqual(["web"]);
  await create(store, "api");
  await using next = bench.open();
  expect((await next.load()).services.size).toBe(2);
});

test("a cache that takes nothing is named", async () => {
  await using bench = await benchOf();
  await writeFile(join(bench.cache.path, "dstack-gitops"), "");
  await expect(bench.open().load()).rejects.toMatchObject({ code: "cache-unusable" });
});
