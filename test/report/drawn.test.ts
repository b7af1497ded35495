import { describe, expect, it } from "vitest";

import { formatAgo, formatElapsed } from "../../src/report/format.ts";
import { probesCell, probeSymbol } from "../../src/report/replica-table.ts";

describe("formatElapsed()", () => {
  it.each([
    [0, "0s"],
    [59, "59s"],
    [60, "1m"],
    [3661, "1h 1m 1s"],
    [90_000, "1d 1h"],
    [1_209_605, "2w 5s"],
  ])("draws %d s as %s", (seconds, drawn) => {
    expect(formatElapsed(seconds)).toBe(drawn);
  });
});

describe("formatAgo()", () => {
  it.each([
    [-1, ""],
    [0, "now"],
    [150, "2 mins ago"],
  ])("draws %d s ago as %j", (seconds, drawn) => {
    expect(formatAgo(0, seconds * 1000)).toBe(drawn);
  });
});

describe("probesCell()", () => {
  it.each([
    ["running", [], ""],
    ["running", [2, 1, 0], "✓~×"],
    ["running", [2, 2, 2, 2, 2, 0, 2], "✓✓✓✓✓ ×✓"],
    ["pulling", [2], ""],
  ])("draws probes of a replica that is %s, after %j successes, as %j", (status, successes, drawn) => {
    const symbols = successes.map((count) => probeSymbol(count, 2));
    expect(probesCell(status, symbols, (_, text) => text)).toBe(drawn);
  });
});
