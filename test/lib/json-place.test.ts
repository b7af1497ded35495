import { assert, integer, jsonValue, property } from "fast-check";
import { expect, it } from "vitest";

import { findInJson, JsonError, placeAt } from "../../src/lib/json-place.ts";

const text = `{
  "name": "web",
  "replicas": [
    { "num": 0 },
    { "num": 1, "a\\"b": [true, -1.5e3, null] }
  ]
}
`;

it.each([
  [[], 1, 1],
  [["name"], 2, 3],
  [["replicas"], 3, 3],
  [["replicas", 1], 5, 5],
  [["replicas", 1, "num"], 5, 7],
  [["replicas", 1, 'a"b', 2], 5, 40],
  [["replicas", 7], 3, 3],
  [["replicas", 1, "missing"], 5, 5],
] as const)("%j begins at %i:%i", (path, line, column) => {
  expect(findInJson(text, path)).toEqual({ line, column });
});

it.each([
  ['{ "a": 1,\n  b: 2 }', "a key in double quotes", 2, 3],
  ['{ "a" 1 }', "`:`", 1, 7],
  ['{ "a": 1\n  "b": 2 }', "`,` or `}`", 2, 3],
  ["[1, 2", "`,` or `]`", 1, 6],
  ["{ }\n{ }", "the end", 2, 1],
  ['{ "a": 01 }', "a value", 1, 8],
  ['{ "a": "b\n" }', "a string that ends on its line", 1, 8],
  ["", "a value", 1, 1],
])("%j is refused where it goes wrong", (wrong, expected, line, column) => {
  expect(accepts(() => JSON.parse(wrong))).toBe(false);
  try {
    findInJson(wrong, []);
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    expect(error.message).toContain(`expected ${expected}`);
    expect(placeAt(wrong, error.offset)).toEqual({ line, column });
  }
});

it("takes every JSON text, and refuses what JSON.parse refuses", () => {
  assert(
    property(jsonValue(), integer({ min: 0, max: 4 }), integer({ min: 0 }), (value, indent, at) => {
      const whole = JSON.stringify(value, null, indent);
      findInJson(whole, []);
      const cut = whole.slice(0, at % (whole.length + 1));
      const isJson = accepts(() => JSON.parse(cut));
      expect(accepts(() => findInJson(cut, []))).toBe(isJson);
    }),
  );
});

function accepts(read: () => unknown): boolean {
  try {
    void read();
    return true;
  } catch {
    return false;
  }
}
