import { describe, expect, test } from "vitest";

import { findMoment, parseMoment, tells } from "../../src/state/moment.ts";
import { withGenerations } from "../../src/state/past.ts";

const now = Date.UTC(2026, 10, 20, 12);

describe("a moment that a person names", () => {
  test.for([
    ["g42", { kind: "generation", generation: 42 }],
    ["#42", { kind: "generation", generation: 42 }],
    ["ab12", { kind: "commit", prefix: "ab12" }],
    ["AB12cd", { kind: "commit", prefix: "ab12cd" }],
    ["1234", { kind: "commit", prefix: "1234" }],
    ["2h", { kind: "time", at: now - 2 * 3_600_000 }],
    ["90d", { kind: "time", at: now - 90 * 86_400_000 }],
    ["2026-11-20", { kind: "time", at: Date.UTC(2026, 10, 20) }],
    ["2026-11-20T08:00:00Z", { kind: "time", at: Date.UTC(2026, 10, 20, 8) }],
    ["2026-11-20T08:00:00.250+02:00", { kind: "time", at: Date.UTC(2026, 10, 20, 6, 0, 0, 250) }],
  ] as const)("%s", ([text, moment]) => {
    expect(parseMoment(text, now)).toEqual(moment);
  });

  test.for(["", "abc", "g", "xyz1", "2026-11-20T08:00:00", "2026-13-45", "2x", "-2h", "HEAD", "42"])(
    "%j is none",
    (text) => {
      expect(parseMoment(text, now)).toBeNull();
    },
  );
});

const past = {
  whole: true,
  commits: withGenerations(
    ["aaaa1", "bbbb2", "aaaa3", "cccc4"].map((commit, index) => ({
      commit: commit.padEnd(40, "0"),
      at: now - index * 3_600_000,
      author: "ada",
      message: `x\n\nGeneration: ${9 - index}\n`,
      tree: "",
      changes: [],
    })),
  ),
};

describe("the commit that a moment means", () => {
  test.for([
    ["g8", 8],
    ["bbbb", 8],
    ["aaaa3", 7],
    ["0s", 9],
    ["90m", 7],
    ["3h", 6],
    ["2027-01-01", 9],
  ] as const)("%s", ([text, generation]) => {
    const moment = parseMoment(text, now);
    if (moment === null) throw new Error("it is a moment");
    expect(findMoment(moment, past)).toMatchObject({ kind: "found", commit: { generation } });
    expect(tells(moment)(past.commits)).toBe(moment.kind !== "commit");
  });

  test.for([
    ["g10", "none"],
    ["g1", "none"],
    ["4h", "none"],
    ["dddd", "none"],
    ["aaaa", "ambiguous"],
  ] as const)("%s: %s", ([text, kind]) => {
    const moment = parseMoment(text, now);
    if (moment === null) throw new Error("it is a moment");
    expect(findMoment(moment, past)).toMatchObject({ kind });
  });
});

test("commits that were made by hand count from the nearest older one that says its generation, else back from a newer one", () => {
  const of = (...generations: readonly (number | null)[]): readonly number[] =>
    withGenerations(
      generations.map((generation) => ({
        commit: "",
        at: 0,
        author: "",
        message: generation === null ? "By hand\n" : `x\n\nGeneration: ${generation}\nNonce: 1\n`,
        tree: "",
        changes: [],
      })),
    ).map((commit) => commit.generation);
  expect(of(7, null, null, 4)).toEqual([7, 6, 5, 4]);
  expect(of(null, null, 4, 3)).toEqual([6, 5, 4, 3]);
  expect(of(9, null, null)).toEqual([9, 8, 7]);
  expect(of(9, null, 7, null, null)).toEqual([9, 8, 7, 6, 5]);
  expect(of()).toEqual([]);
});
