import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { canonicalJson } from "../../src/lib/canonical-json.ts";
import { isSameJson } from "../../src/lib/same.ts";

describe("isSameJson()", () => {
  it.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined, c: 1 }, false],
    [{ a: null }, {}, false],
    [[1, undefined], [1, null], true],
    [[], {}, false],
    [0, -0, true],
    ["1", 1, false],
    [Number.NaN, null, true],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, false],
  ])("%j and %j: %s", (a, b, same) => {
    expect(isSameJson(a, b)).toBe(same);
    expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
  });

  it("says what canonical texts say", () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(isSameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
        expect(isSameJson(a, structuredClone(a))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
