import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { type Answer, expectedOf, readOf, refused } from "./pyyaml.ts";

const answer = z.object({
  text: z.string(),
  value: z.unknown().optional(),
  error: z.string().exactOptional(),
  duplicates: z.boolean().exactOptional(),
});

const answers: readonly Answer[] = readFileSync(
  new URL("../fixtures/config/pyyaml/answers.jsonl", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => answer.parse(JSON.parse(line)));

/** Texts that nobody writes on purpose, and that the two read otherwise: what they have in common. */
const odd: Readonly<Record<string, RegExp>> = {
  "a tab where only blanks may stand, a lone carriage return, or another line break than LF and CRLF":
    /[\t\r\u0085\u2028\ufeff]/,
  "a tag that does not fit its value": /!!(?:null|int|float|bool|seq)/,
  "a line break within a flow collection that is not indented further": /\{[^}]*\n|\[[^\]]*\n/,
  "a block scalar of blanks alone, or with no line break after it": /[|>][-+0-9]*(?: #.*)?\n *\n|[^\n]$/,
  "`yes` and 1 as keys of one mapping, which Python takes for the same": /\b(?:yes|on)\b[^\n]*:[^]*\b1\b/i,
  "half a character": /\\ud83d/,
  "a complex key": /\? /,
  "a question mark in a plain scalar of a flow collection": /[[{][^\]}\n]*\?/,
  "a date as a key": /\{\d{4}-/,
  "a block scalar that is not indented": /[|>]\n\S/,
  "the end of a document that has not begun, or within a flow collection": /(?:^|: )\.\.\.$/m,
};

function oddness(text: string): string | null {
  return Object.entries(odd).find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

describe("YAML as PyYAML reads it", () => {
  const differing = answers.filter((each) => JSON.stringify(readOf(each.text)) !== JSON.stringify(expectedOf(each)));

  it("has answers of many kinds", () => {
    expect(answers.length).toBe(600);
    expect(answers.filter((each) => expectedOf(each) !== refused).length).toBeGreaterThan(250);
  });

  it("differs only in odd texts", () => {
    expect(differing.filter(({ text }) => oddness(text) === null)).toEqual([]);
  });

  it("differs seldom", () => {
    expect(differing.length).toBeLessThanOrEqual(31);
  });
});
