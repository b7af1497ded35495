import { expect, test } from "vitest";

import { git } from "../../src/git/git.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { parseCommit, replayed } from "../../src/state/commit-object.ts";
import { readPast } from "../../src/state/git-past.ts";
import { verifyHistory } from "../../src/state/verify-history.ts";
import { localBench, writeCommits } from "../support/history-bench.ts";
import { tempRepository } from "../support/temp-repository.ts";

const signedMerge = Buffer.from(
  `tree ${"a".repeat(40)}
parent ${"b".repeat(40)}
parent ${"c".repeat(40)}
author Ada <L.> Lovelace <ada@example.com> 1767225600 +0100
committer Bob <bob@example.com> 1767229200 -0230
gpgsig -----BEGIN PGP SIGNATURE-----
 
 parent of nothing
 -----END PGP SIGNATURE-----
encoding latin1

Correct web by hand

parent of all evil \xe4
`,
  "latin1",
);

test("a commit is read as git wrote it", () => {
  expect(parseCommit(signedMerge)).toMatchObject({
    tree: "a".repeat(40),
    parents: ["b".repeat(40), "c".repeat(40)],
    author: "Ada <L.> Lovelace",
    at: 1_767_229_200_000,
  });
});

test("a replayed commit stands on the one before it alone, and says what it said, byte for byte, but for its signature", async () => {
  const [first, second] = replayed([signedMerge, signedMerge], "sha1");
  if (first === undefined || second === undefined) throw new Error("there are two");
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  expect(text(first.content)).toBe(
    text(signedMerge)
      .replace(/^parent [bc]{40}\n/gm, "")
      .replace(/gpgsig [^]*SIGNATURE-----\n(?=encoding)/, ""),
  );
  expect(text(second.content)).toBe(text(first.content).replace(/^(tree .*\n)/, `$1parent ${first.id}\n`));
  await using repository = await tempRepository();
  const stored = await git(["hash-object", "-t", "commit", "--literally", "-w", "--stdin"], {
    cwd: repository.path,
    input: first.content,
  });
  expect(stored.text).toBe(first.id);
});

test("summaries of several compactions are verified as far back as their commits were kept", async () => {
  await using bench = await localBench();
  const store = bench.open("a");
  const compact = async (): Promise<string> => {
    await writeCommits(bench, store, { name: "web", count: 12 });
    bench.clock.advance(24 * 60 * 60_000);
    const before = (await git(["rev-parse", "dstack-state"], { cwd: bench.path })).text;
    expect((await bench.compact({ commits: 10, age: null })).kind).toBe("compacted");
    return before;
  };
  await using kept = await tempRepository({ bare: true });
  const keep = (commit: string) =>
    git(["fetch", "--quiet", bench.path, `${commit}:refs/heads/${commit}`], { cwd: kept.path });
  await git(["config", "uploadpack.allowAnySHA1InWant", "true"], { cwd: bench.path });
  const first = await compact();
  const second = await compact();
  const { compacted } = await store.load();
  if (compacted === undefined) throw new Error("it was compacted");
  const verify = async () => verifyHistory(compacted, await readPast(bench.path, "refs/heads/dstack-state"), kept.path);
  await expect(verify()).rejects.toMatchObject({ code: "history-mismatch" });
  await keep(second);
  expect(await verify()).toMatchObject({
    compactions: [{ replaced: { commit: second }, dropped: 13 }],
    replayed: 5,
    given: compacted.previous,
  });
  await keep(first);
  expect(await verify()).toMatchObject({
    compactions: [
      { replaced: { commit: second }, dropped: 13 },
      { replaced: { commit: first }, dropped: 7 },
    ],
    given: null,
  });
  // A replayed commit whose state was changed is found out.
  const forged = { ...compacted, replaced: { ...compacted.replaced, commits: 17 } };
  const past = await readPast(bench.path, "refs/heads/dstack-state");
  await expect(verifyHistory(forged, past, kept.path)).rejects.toThrow("18 commits in it, not 17");
  const changed = past.commits.map((commit, index) => (index === 3 ? { ...commit, tree: "0" } : commit));
  await expect(verifyHistory(compacted, { ...past, commits: changed }, kept.path)).rejects.toThrow(
    "is not in the branch as it was",
  );
});

test("a time that no document can hold is the last one that they can", () => {
  const { at } = parseCommit(
    Buffer.from("tree a\nauthor A <a> 1 +0000\ncommitter A <a> 99999999999999999 +0000\n\nx\n"),
  );
  expect(toTimestamp(at)).toBe("9999-12-31T00:00:00.000Z");
});
