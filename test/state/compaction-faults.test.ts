import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { git } from "../../src/git/git.ts";
import type { HistoryBench } from "../support/history-bench.ts";
import { httpBench, localBench, memoryBench, writeCommits } from "../support/history-bench.ts";
import { recordOf } from "../support/state-values.ts";

const limits = { commits: 10, age: null };
const day = 24 * 60 * 60_000;

/** Whoever has to wait before another attempt waits until it is woken. */
function heldBack({ clock }: HistoryBench) {
  const sleeping = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  clock.sleep = async () => {
    sleeping.resolve();
    await woken.promise;
  };
  return { sleeping: sleeping.promise, wake: () => woken.resolve() };
}

test("a write that landed, and whose answer was lost before a compaction, is not made again: in memory", async () => {
  let injected: "error-after" | null = null;
  await using bench = await memoryBench(() => injected);
  const [a, b] = [bench.open("a"), bench.open("b")];
  await writeCommits(bench, a, { name: "web", count: 12 });
  bench.clock.advance(day);
  const basis = await b.load();
  injected = "error-after";
  const { sleeping, wake } = heldBack(bench);
  const writing = b.commit({ message: "api: create", services: [{ name: "api", record: recordOf("api") }], basis });
  await sleeping;
  injected = null;
  expect((await bench.compact(limits)).kind).toBe("compacted");
  wake();
  expect((await writing).services.has("api")).toBe(true);
  const { commits } = await bench.past();
  expect(commits.filter(({ message }) => message.startsWith("api: create"))).toHaveLength(1);
});

test("a write that landed, and whose answer was lost before a compaction, is not made again: over HTTP", async () => {
  await using bench = await httpBench();
  const [a, b] = [bench.open("a"), bench.open("b")];
  await writeCommits(bench, a, { name: "web", count: 12 });
  bench.clock.advance(day);
  const basis = await b.load();
  let dropped = false;
  bench.server?.setFault((path) => {
    if (dropped || !path.endsWith("/git-receive-pack")) return null;
    dropped = true;
    return { kind: "drop-answer" };
  });
  const { sleeping, wake } = heldBack(bench);
  const writing = b.commit({ message: "api: create", services: [{ name: "api", record: recordOf("api") }], basis });
  await sleeping;
  expect(dropped).toBe(true);
  expect((await bench.compact(limits)).kind).toBe("compacted");
  wake();
  expect((await writing).services.has("api")).toBe(true);
  const { commits } = await bench.past();
  expect(commits.filter(({ message }) => message.startsWith("api: create"))).toHaveLength(1);
});

test("a compaction whose answer is lost is made, or is not: the state is the same", async () => {
  for (const kind of ["drop-answer", "status"] as const) {
    await using bench = await httpBench();
    const before = await writeCommits(bench, bench.open("a"), { name: "web", count: 12 });
    bench.clock.advance(day);
    bench.server?.setFault((path) =>
      path.endsWith("/git-receive-pack") ? (kind === "status" ? { kind, status: 500 } : { kind }) : null,
    );
    expect(await bench.compact(limits)).toMatchObject({ kind: "put-off" });
    bench.server?.setFault(() => null);
    const now = await bench.open("b").load();
    expect(now.services).toEqual(before.services);
    expect(now.generation).toBe(kind === "status" ? 12 : 13);
    // What was not made is made by whoever looks next; what was made is not made again.
    expect((await bench.compact(limits)).kind).toBe(kind === "status" ? "compacted" : "nothing");
  }
});

test("somebody who writes meanwhile is not overwritten: the compaction waits for another time", async () => {
  await using bench = await localBench();
  const store = bench.open("a");
  const before = await writeCommits(bench, store, { name: "web", count: 12 });
  bench.clock.advance(day);
  // The commit is made by a hook of the swap, as late as can be.
  const commit = await git(["commit-tree", "-p", before.commit ?? "", "-m", "By hand", `${before.commit}^{tree}`], {
    cwd: bench.path,
    config: [
      ["user.name", "Ada"],
      ["user.email", "ada@example.com"],
    ],
  });
  await git(["update-ref", "refs/heads/other", commit.text], { cwd: bench.path });
  const { compactBranch } = await import("../../src/state/compact-branch.ts");
  const { localBranch } = await import("../../src/state/local-branch.ts");
  const author = { name: "x", email: "x@example.com" };
  const { branch } = localBranch({
    directory: join(bench.path, ".git"),
    branch: "dstack-state",
    author,
    clock: bench.clock,
  });
  const outcome = await compactBranch(
    {
      ...branch,
      async write(change, signal) {
        await git(["update-ref", "refs/heads/dstack-state", commit.text], { cwd: bench.path });
        return branch.write(change, signal);
      },
    },
    { limits, now: bench.clock.now(), nonce: "n", seen: before },
  );
  expect(outcome.kind).toBe("put-off");
  expect((await git(["rev-parse", "dstack-state"], { cwd: bench.path })).text).toBe(commit.text);
  expect((await bench.compact(limits)).kind).toBe("compacted");
  const { commits } = await bench.past();
  // The commit by hand counts as one, and is still by whoever made it.
  expect(commits.map(({ generation, written, author: by }) => [generation, written, by]).slice(0, 3)).toEqual([
    [14, true, "dstack-gitops"],
    [13, false, "Ada"],
    [12, true, "dstack-gitops"],
  ]);
});

test("a branch that may not be force-pushed stays as it is, and can be written", async () => {
  await using bench = await httpBench();
  const store = bench.open("a");
  await writeCommits(bench, store, { name: "web", count: 12 });
  bench.clock.advance(day);
  await git(["config", "receive.denyNonFastForwards", "true"], { cwd: bench.path });
  await expect(bench.compact(limits)).rejects.toMatchObject({ code: "git-protected" });
  await git(["config", "receive.denyNonFastForwards", "false"], { cwd: bench.path });
  const hook = join(bench.path, "hooks/pre-receive");
  await writeFile(hook, "#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n");
  await chmod(hook, 0o755);
  await expect(bench.compact(limits)).rejects.toMatchObject({ code: "git-protected" });
  await writeFile(hook, "#!/bin/sh\nexit 0\n");
  expect((await writeCommits(bench, store, { name: "web", count: 1 })).generation).toBe(13);
});

test("a rewound branch is not compacted", async () => {
  await using bench = await localBench();
  await writeCommits(bench, bench.open("a"), { name: "web", count: 14 });
  bench.clock.advance(day);
  await bench.branch.rewind(1);
  await expect(bench.compact(limits)).rejects.toMatchObject({ code: "state-rewound" });
});
