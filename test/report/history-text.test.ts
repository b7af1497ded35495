import { describe, expect, test } from "vitest";

import { askedFor, compactedText, historyJson, historyText, isAnswered } from "../../src/report/history-text.ts";
import type { HistoryQuery } from "../../src/report/history-text.ts";
import { painter } from "../../src/report/style.ts";
import { partPath } from "../../src/state/layout.ts";
import type { Part } from "../../src/state/layout.ts";
import { withGenerations } from "../../src/state/past.ts";
import type { Happening } from "../../src/state/trailers.ts";
import { messageOf } from "../../src/state/trailers.ts";

const start = Date.UTC(2026, 0, 2, 3);

interface Written {
  readonly happenings: readonly Happening[] | string;
  readonly parts?: readonly (readonly [Part, string])[];
}

/** A history of one commit a minute, given newest first. */
function historyOf(...written: readonly Written[]) {
  return withGenerations(
    written.map(({ happenings, parts = [] }, index) => {
      const generation = written.length - index;
      return {
        commit: String(generation).padStart(40, "c"),
        at: start + generation * 60_000,
        author: "Ada Lovelace",
        message: typeof happenings === "string" ? happenings : messageOf(happenings, { generation, nonce: "n" }),
        tree: "",
        changes: parts.map(([part, name]) => ({ path: partPath(part, name), id: "1" })),
      };
    }),
  );
}

const commits = historyOf(
  { happenings: "Correct web by hand\n\nIt was wrong.\n", parts: [["record", "web"]] },
  { happenings: [{ message: "web: the lease is given back" }], parts: [["lease", "web"]] },
  {
    happenings: [{ message: "web: replica 0 is ready", details: ["probes passed"] }, { message: "api: end replica 1" }],
    parts: [
      ["record", "web"],
      ["lease", "web"],
      ["record", "api"],
    ],
  },
  { happenings: [{ message: "web: deployment 0 accepted by ada", by: "ada" }], parts: [["record", "web"]] },
);

const query: HistoryQuery = { name: null, limit: 30, since: null, leases: false };
const draw = (own: Partial<HistoryQuery>, verbose = false): readonly string[] => {
  const asked = { ...query, leases: verbose, ...own };
  return historyText({ commits: askedFor(commits, asked), query: asked, verbose }, painter(false)).split("\n");
};

describe("the history for people", () => {
  test("lists what happened, each of what was written together, and what somebody did by hand", () => {
    expect(draw({})).toEqual([
      " TIME                  STATE  COMMIT      WHAT",
      " 2026-01-02T03:04:00Z  g4     cccccccccc  by hand, Ada Lovelace: Correct web by hand",
      " 2026-01-02T03:02:00Z  g2     cccccccccc  web: replica 0 is ready",
      "                                          api: end replica 1",
      " 2026-01-02T03:01:00Z  g1     cccccccccc  web: deployment 0 accepted by ada",
    ]);
  });

  test("of one service says which part of it was changed, and nothing of others", () => {
    expect(draw({ name: "web" }).slice(1)).toEqual([
      " 2026-01-02T03:04:00Z  g4     cccccccccc  record         by hand, Ada Lovelace: Correct web by hand",
      " 2026-01-02T03:02:00Z  g2     cccccccccc  record, lease  web: replica 0 is ready",
      " 2026-01-02T03:01:00Z  g1     cccccccccc  record         web: deployment 0 accepted by ada",
    ]);
    expect(draw({ name: "api" }).slice(1)).toEqual([
      " 2026-01-02T03:02:00Z  g2     cccccccccc  record   api: end replica 1",
    ]);
  });

  test("with leases and details where more is wanted", () => {
    const lines = draw({ name: "web" }, true);
    expect(lines).toContain(" 2026-01-02T03:03:00Z  g3     cccccccccc  lease          web: the lease is given back");
    expect(lines).toContain("                                                           - probes passed");
  });

  test("reads on until there is as much as is asked for, or older than that", () => {
    expect(isAnswered(commits, query)).toBe(false);
    expect(isAnswered(commits, { ...query, limit: 3 })).toBe(true);
    expect(isAnswered(commits, { ...query, limit: 4 })).toBe(false);
    expect(isAnswered(commits, { ...query, since: start + 90_000 })).toBe(true);
    expect(askedFor(commits, { ...query, since: start + 90_000 }).map(({ generation }) => generation)).toEqual([4, 2]);
    expect(askedFor(commits, { ...query, limit: 1 }).map(({ generation }) => generation)).toEqual([4]);
  });

  test("is data that says by whom", () => {
    expect(commits.map(historyJson)).toMatchObject([
      { generation: 4, byHand: true, by: "Ada Lovelace", what: "Correct web by hand", details: ["It was wrong."] },
      { generation: 3, byHand: false, by: null, services: [{ name: "web", parts: ["lease"] }] },
      {
        generation: 2,
        services: [
          { name: "web", parts: ["record", "lease"] },
          { name: "api", parts: ["record"] },
        ],
      },
      { generation: 1, by: "ada", at: "2026-01-02T03:01:00.000Z" },
    ]);
  });
});

test("what was compacted is told, and what is remembered of a service", () => {
  const milestone = (generation: number) => ({ generation, commit: "c", at: `2026-01-0${generation}T00:00:00.000Z` });
  const compacted = {
    at: "2026-02-01T00:00:00.000Z",
    compactions: 1,
    commits: 7,
    first: milestone(1),
    last: milestone(7),
    oldest: milestone(8),
    replaced: { ...milestone(9), commits: 9 },
    digest: "sha256:0",
    services: [
      {
        name: "web",
        commits: 5,
        last: "2026-01-06T00:00:00.000Z",
        accepted: [{ deployment: 2, at: "2026-01-05T00:00:00.000Z", by: "ada", commit: null }],
      },
    ],
  };
  const [general = "", ...others] = compactedText(compacted, "web");
  expect(general).toBe(
    "Older history was compacted at 2026-02-01T00:00:00.000Z: 7 commits, from 2026-01-01T00:00:00.000Z to g7 at 2026-01-07T00:00:00.000Z, are summarised in history.json.",
  );
  expect(others).toEqual([
    "5 of them were about web, the last at 2026-01-06T00:00:00.000Z.",
    "  deployment 2 was accepted by ada at 2026-01-05T00:00:00.000Z, from the work tree",
  ]);
  expect(compactedText(compacted, "api")).toEqual([general]);
  expect(compactedText(undefined, "web")).toEqual([]);
});

test("what was committed by hand moves no cursor, and has no colours of its own", () => {
  const [commit] = historyOf({ happenings: "\u001B]0;title\u0007\u001B[8mhidden\r\u202Egnp" });
  if (commit === undefined) throw new Error("there is one");
  const text = historyText({ commits: [{ ...commit, author: "\u001B[2J" }], query, verbose: true }, painter(false));
  expect(text).toContain("\u{FFFD}]0;title\u{FFFD}\u{FFFD}[8mhidden\u{FFFD}\u{FFFD}gnp");
  expect(text).not.toMatch(/[\p{Bidi_Control}\r]/u);
});
