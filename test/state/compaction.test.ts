import { describe, expect, test } from "vitest";

import { commitsToKeep, historyDigest, isCompactionDue } from "../../src/state/compaction.ts";
import { withGenerations } from "../../src/state/past.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { StateConflict } from "../../src/state/store.ts";
import { httpBench, localBench, memoryBench, writeCommits } from "../support/history-bench.ts";
import { leaseOf, recordOf } from "../support/state-values.ts";

const limits = { commits: 10, age: null };
const day = 24 * 60 * 60_000;

describe.for([
  { place: "in memory", make: memoryBench },
  { place: "in the local repository", make: localBench },
  { place: "over HTTP", make: httpBench },
])("compaction of a branch $place", ({ make }) => {
  test("keeps the state, the newest commits as they were, and a summary of the others", async () => {
    await using bench = await make();
    const store = bench.open("a");
    const before = await writeCommits(bench, store, { name: "web", count: 12 });
    bench.clock.advance(day);
    const old = await bench.past();
    expect(old).toMatchObject({ whole: true });
    expect(old.commits).toHaveLength(12);

    const outcome = await bench.compact(limits);
    expect(outcome.kind).toBe("compacted");
    const now = await store.load();
    expect(now).toEqual({ ...before, commit: now.commit, generation: 13, compacted: now.compacted });
    expect(await bench.open("b").load()).toEqual(now);

    const past = await bench.past();
    expect(past.commits.map(({ generation }) => generation)).toEqual([13, 12, 11, 10, 9, 8]);
    const told = ({ generation, message, at }: (typeof past.commits)[number]) => ({ generation, message, at });
    expect(past.commits.slice(1).map(told)).toEqual(old.commits.slice(0, 5).map(told));
    expect(past.commits.slice(1, 5).map(({ changes }) => changes)).toEqual(
      old.commits.slice(0, 4).map(({ changes }) => changes),
    );
    expect(past.commits[0]?.message).toMatch(/^history: 7 commits up to g7 are summarised in history.json\n/);
    expect(past.commits[0]?.changes.map(({ path }) => path)).toEqual(["history.json"]);

    const ids = old.commits.map(({ commit }) => commit).toReversed();
    const milestone = (generation: number) => ({ generation, commit: ids[generation - 1] });
    expect(now.compacted).toMatchObject({
      compactions: 1,
      commits: 7,
      first: milestone(1),
      last: milestone(7),
      oldest: milestone(8),
      replaced: { ...milestone(12), commits: 12 },
      digest: historyDigest(null, ids),
      services: [{ name: "web", commits: 7, accepted: [{ deployment: 0, by: "test", commit: null }] }],
    });
  });

  test("leaves a branch alone that is within its limits", async () => {
    await using bench = await make();
    const before = await writeCommits(bench, bench.open("a"), { name: "web", count: 10 });
    bench.clock.advance(day);
    expect(await bench.compact(limits)).toEqual({ kind: "nothing" });
    expect((await bench.open("b").load()).commit).toBe(before.commit);
  });

  test("writers whose basis is from before go on without noticing", async () => {
    await using bench = await make();
    const [a, b, c] = [bench.open("a"), bench.open("b"), bench.open("c")];
    await writeCommits(bench, a, { name: "web", count: 12 });
    const basis = await b.load();
    const stale = await c.load();
    bench.clock.advance(day);
    expect((await bench.compact(limits)).kind).toBe("compacted");
    const written = await b.commit({
      message: "api: create",
      services: [{ name: "api", record: recordOf("api") }],
      basis,
    });
    expect(written.generation).toBe(14);
    // What has changed since is still a conflict.
    await b.commit({ message: "web: lease", services: [{ name: "web", lease: leaseOf("b", 1) }], basis: written });
    const late = c.commit({ message: "web: late", services: [{ name: "web", lease: leaseOf("c", 1) }], basis: stale });
    await expect(late).rejects.toThrow(StateConflict);
    const end = await a.load();
    expect(end.generation).toBe(15);
    expect([...end.services.keys()].toSorted()).toEqual(["api", "web"]);
    expect(end.compacted).toEqual((await bench.open("d").load()).compacted);
  });

  test("goes on from the summary before: it grows with services, not with time", async () => {
    await using bench = await make();
    const store = bench.open("a");
    await writeCommits(bench, store, { name: "web", count: 12 });
    bench.clock.advance(day);
    await bench.compact(limits);
    const first = (await store.load()).compacted;
    await writeCommits(bench, store, { name: "api", count: 12 });
    bench.clock.advance(day);
    const old = await bench.past();
    await bench.compact(limits);
    const second = (await store.load()).compacted;
    expect(second).toMatchObject({
      compactions: 2,
      first: first?.first,
      previous: first?.digest,
      replaced: { generation: 25, commits: 18 },
      oldest: { generation: 21 },
      digest: historyDigest(first?.digest ?? null, old.commits.map(({ commit }) => commit).toReversed()),
    });
    // 7 went the first time, then all from g8 to g20, the commit of the first compaction among them.
    expect(second?.commits).toBe(7 + 13);
    expect(second?.services.map(({ name, commits }) => [name, commits])).toEqual([
      ["api", 7],
      ["web", 12],
    ]);
  });

  test("the state as it was can be read, at commits that were replayed too", async () => {
    await using bench = await make();
    await writeCommits(bench, bench.open("a"), { name: "web", count: 12 });
    bench.clock.advance(day);
    await bench.compact(limits);
    const { commits } = await bench.past();
    for (const commit of [commits[0], commits[2], commits.at(-1)]) {
      if (commit === undefined) throw new Error("there are six");
      const snapshot = await bench.at(commit);
      expect(snapshot).toMatchObject({ commit: commit.commit, generation: commit.generation });
      expect(snapshot.services.get("web")?.record?.attempts).toBe(Math.min(12, commit.generation));
    }
  });
});

describe("what a compaction keeps", () => {
  const now = Date.UTC(2026, 0, 31);
  /** Commits of these ages in days, newest first; a negative one was made by hand. */
  const past = (...days: readonly number[]) => ({
    whole: true,
    commits: withGenerations(
      days.map((age, index) => ({
        commit: String(index),
        at: now - Math.abs(age) * day,
        author: "",
        message: age < 0 ? "By hand\n" : `x\n\nGeneration: ${days.length - index}\n`,
        tree: "",
        changes: [],
      })),
    ),
  });
  const daily = Array.from({ length: 200 }, (_, index) => index + 1);

  test.for([
    { what: "nothing goes within the limits", days: [1, 2, 3], limits: { commits: 3, age: 30 }, keep: null },
    { what: "nothing goes without limits", days: daily, limits: { commits: null, age: null }, keep: null },
    { what: "the newest half of a number", days: [1, 2, 3, 4, 5], limits: { commits: 4, age: null }, keep: 2 },
    { what: "the newer half of an age", days: daily, limits: { commits: null, age: 150 }, keep: 74 },
    { what: "whichever is less", days: daily, limits: { commits: 40, age: 100 }, keep: 20 },
    {
      what: "a quiet branch keeps some",
      days: daily.map((age) => age + 500),
      limits: { commits: null, age: 10 },
      keep: 50,
    },
    { what: "few commits may be old", days: [1, 400], limits: { commits: null, age: 30 }, keep: null },
    { what: "the last hour stays", days: [0.01, 0.02, 0.03, 0.04, 9], limits: { commits: 2, age: null }, keep: 4 },
    {
      what: "nothing goes of the last hour",
      days: [0.01, 0.02, 0.03, 0.04],
      limits: { commits: 2, age: null },
      keep: null,
    },
    { what: "the oldest says its generation", days: [1, -2, -3, 4, 5], limits: { commits: 4, age: null }, keep: 4 },
  ])("$what", ({ days, limits: { commits, age }, keep }) => {
    const given = { commits, age: age === null ? null : age * 86_400 };
    expect(commitsToKeep(past(...days), given, now)).toBe(keep);
  });

  const state = (generation: number, own: Partial<Snapshot> = {}): Snapshot => ({
    commit: "c",
    generation,
    stateId: "s",
    services: new Map(),
    ...own,
  });
  const milestone = (generation: number, days: number) => ({
    generation,
    commit: "c",
    at: new Date(now - days * day).toISOString(),
  });
  const formatOf = (days: number) => ({ version: 1, stateId: "s", createdAt: milestone(1, days).at });
  const compacted = (generation: number, days: number) => ({
    at: "",
    compactions: 1,
    commits: 1,
    first: milestone(1, 1),
    last: milestone(1, 1),
    oldest: milestone(generation, days),
    replaced: { ...milestone(1, 1), commits: 1 },
    digest: "",
    services: [],
  });

  test.for([
    { what: "as many as allowed", given: state(200), due: false },
    { what: "one more", given: state(201), due: true },
    { what: "many, of which most went", given: state(900, { compacted: compacted(701, 1) }), due: false },
    { what: "one more since then", given: state(901, { compacted: compacted(701, 1) }), due: true },
    { what: "old ones", given: state(101, { format: formatOf(31) }), due: true },
    { what: "few old ones", given: state(100, { format: formatOf(31) }), due: false },
    {
      what: "old ones that went",
      given: state(200, { format: formatOf(99), compacted: compacted(1, 29) }),
      due: false,
    },
    { what: "of an age that nobody knows", given: state(150), due: false },
  ])("is due as far as the newest state tells: $what", ({ given, due }) => {
    expect(isCompactionDue(given, { commits: 200, age: 30 * 86_400 }, now)).toBe(due);
    expect(isCompactionDue(given, { commits: null, age: null }, now)).toBe(false);
  });
});
