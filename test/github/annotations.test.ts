import { describe, expect, it } from "vitest";

import { annotationsOf } from "../../src/github/annotations.ts";

const found = { severity: "error", code: "unknown-property", message: "unknown property `resorces`" } as const;

describe("annotationsOf()", () => {
  it.each([
    { what: "no place", diagnostic: found, place: {} },
    { what: "a file", diagnostic: { ...found, file: "a.dstack.yml" }, place: { file: "sub/a.dstack.yml" } },
    {
      what: "a line",
      diagnostic: { ...found, file: "a.dstack.yml", line: 3 },
      place: { file: "sub/a.dstack.yml", startLine: 3, endLine: 3 },
    },
    {
      what: "columns, whose end GitHub includes",
      diagnostic: { ...found, file: "a.dstack.yml", line: 3, column: 1, endLine: 3, endColumn: 9 },
      place: { file: "sub/a.dstack.yml", startLine: 3, endLine: 3, startColumn: 1, endColumn: 8 },
    },
    {
      what: "an empty range",
      diagnostic: { ...found, file: "a.dstack.yml", line: 3, column: 5, endLine: 3, endColumn: 5 },
      place: { file: "sub/a.dstack.yml", startLine: 3, endLine: 3, startColumn: 5, endColumn: 5 },
    },
    {
      what: "several lines, for which GitHub takes no columns",
      diagnostic: { ...found, file: "a.dstack.yml", line: 3, column: 1, endLine: 5, endColumn: 9 },
      place: { file: "sub/a.dstack.yml", startLine: 3, endLine: 5 },
    },
    {
      what: "a file of the home directory, which no pull request shows",
      diagnostic: { ...found, file: "~/.dstack/profiles.yml", line: 3, column: 1 },
      place: {},
    },
  ])("places a diagnostic with $what", ({ diagnostic, place }) => {
    expect(annotationsOf([diagnostic], "sub/")).toEqual([
      { level: "error", message: found.message, place: { title: found.code, ...place } },
    ]);
  });

  it("keeps the severity and the hint", () => {
    const warning = { ...found, severity: "warning" as const, hint: "did you mean `resources`?" };
    const levels = annotationsOf([warning, { ...found, severity: "note" }], "").map(({ level, message }) => [
      level,
      message,
    ]);
    expect(levels).toEqual([
      ["warning", "unknown property `resorces`\ndid you mean `resources`?"],
      ["notice", "unknown property `resorces`"],
    ]);
  });
});
