import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { runCases } from "../../scripts/conformance/run.ts";

const results = runCases(fileURLToPath(new URL("../fixtures/cases", import.meta.url)));

describe("conformance with the reference's recorded answers", () => {
  it("fails no case", () => {
    expect(results.filter(({ ok }) => ok === false)).toEqual([]);
  });

  it("answers no fewer cases than it did", () => {
    expect(results.filter(({ ok }) => ok === true).length).toBeGreaterThanOrEqual(600);
  });

  it("has few documented differences", () => {
    expect(results.filter(({ detail }) => detail.startsWith("documented difference")).length).toBeLessThanOrEqual(7);
  });
});
