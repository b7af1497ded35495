import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { runCases } from "../../scripts/conformance/run.ts";

const directories = ["cases", "cases-more"].map((name) =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)),
);
const [recorded = [], more = []] = directories.map(runCases);
const page = readFileSync(new URL("../../docs/differences.md", import.meta.url), "utf8");

describe("conformance with the reference's recorded answers", () => {
  it("fails no case", () => {
    expect([...recorded, ...more].filter(({ ok }) => ok === false)).toEqual([]);
  });

  it("answers no fewer cases than it did", () => {
    expect(recorded.filter(({ ok }) => ok === true).length).toBeGreaterThanOrEqual(704);
    expect(more.filter(({ ok }) => ok === true).length).toBeGreaterThanOrEqual(998);
  });

  it("has few documented differences", () => {
    const differing = recorded.filter(({ detail }) => detail.startsWith("documented difference"));
    const [states, others] = [true, false].map((is) =>
      differing.filter(({ file }) => (file === "state_machine.json") === is),
    );
    expect(others?.length).toBeLessThanOrEqual(6);
    expect(states?.length).toBeLessThanOrEqual(13);
    // Few reasons, though one of them may hold for several cases.
    expect(new Set(differing.map(({ detail }) => detail)).size).toBeLessThanOrEqual(10);
  });

  it("says in docs/differences.md why a case is not answered, or answered otherwise", () => {
    const reasons = [...recorded, ...more].flatMap(({ ok, detail }) =>
      ok === null ? [detail.replace(/^[a-z ]+: /, "").replaceAll(/(?<=corresponds to )`[^`]+`/g, "`…`")] : [],
    );
    expect([...new Set(reasons)].filter((reason) => !page.includes(`- ${reason}`))).toEqual([]);
    expect(reasons.length).toBeGreaterThan(0);
  });
});
