import { describe, expect, it } from "vitest";

import { parseServices } from "../../src/config/services.ts";
import { renderDiagnostics } from "../../src/config/source-frame.ts";
import { file } from "./parsing.ts";

const web = "type: service\nname: web\nport: 80\nimage: x\n";

describe("parseServices()", () => {
  it("reads every file, and tells the problems of all", () => {
    const { services, diagnostics } = parseServices([
      file(web, "b.dstack.yml"),
      file("type: fleet\n", "c.dstack.yml"),
      file("nme: x", "a.dstack.yml"),
    ]);
    expect(services.map(({ file: path, spec }) => [path, spec.name])).toEqual([["b.dstack.yml", "web"]]);
    expect(diagnostics.map(({ severity, code, file: path }) => [path, severity, code])).toEqual([
      ["a.dstack.yml", "error", "missing-property"],
      ["c.dstack.yml", "note", "other-type"],
    ]);
  });

  it("refuses a name in two files, and shows both places", () => {
    const { diagnostics } = parseServices([file(web, "a.dstack.yml"), file(`# again\n${web}`, "b.dstack.yml")]);
    expect(diagnostics).toEqual([
      {
        severity: "error",
        code: "duplicate-service",
        message: "the service `web` is in two files",
        hint: "give one of them another name",
        file: "b.dstack.yml",
        line: 3,
        column: 1,
        endLine: 3,
        endColumn: 10,
        path: "name",
        related: { file: "a.dstack.yml", line: 2, column: 1, message: "`web` is here too" },
      },
    ]);
  });
});

describe("renderDiagnostics()", () => {
  it("draws the line, the place, the hint and the related place", () => {
    const text = "type: service\nname: web\nimage: x\nport: 80\npython: '3.12'\ncomands: [a]\n";
    const { diagnostics } = parseServices([file(text, "web.dstack.yml")]);
    expect(renderDiagnostics(diagnostics, new Map([["web.dstack.yml", text]]))).toBe(`\
web.dstack.yml:5:1: error[conflict]: \`image\` and \`python\` are mutually exclusive fields
  5 | python: '3.12'
    | ^^^^^^^^^^^^^^
  web.dstack.yml:3:1: \`image\` is given here
  3 | image: x
    | ^

web.dstack.yml:6:1: error[unknown-property]: unknown property \`comands\`
  6 | comands: [a]
    | ^^^^^^^
  hint: did you mean \`commands\`?
`);
  });

  it.each([
    [
      "a place in a long line",
      "x".repeat(300),
      { line: 1, column: 251, endLine: 1, endColumn: 254 },
      `  1 | ${"x".repeat(69)}\n    | ${" ".repeat(19)}^^^\n`,
    ],
    ["tabs", "\t\tabc", { line: 1, column: 3, endLine: 1, endColumn: 6 }, "  1 | \t\tabc\n    | \t\t^^^\n"],
    ["several lines", "ab\ncd", { line: 1, column: 2, endLine: 2, endColumn: 2 }, "  1 | ab\n    |  ^\n"],
    [
      "control characters",
      "a\u001b[31mb",
      { line: 1, column: 1, endLine: 1, endColumn: 2 },
      "  1 | a\uFFFD[31mb\n    | ^\n",
    ],
    ["a line that is not there", "a", { line: 7, column: 1, endLine: 7, endColumn: 2 }, ""],
  ])("draws %s", (_, text, place, frame) => {
    const rendered = renderDiagnostics(
      [{ severity: "error", code: "c", message: "m", file: "f", ...place }],
      new Map([["f", text]]),
    );
    expect(rendered).toBe(`f:${place.line}:${place.column}: error[c]: m\n${frame}`);
  });

  it("needs no place", () => {
    expect(renderDiagnostics([{ severity: "warning", code: "c", message: "m" }], new Map())).toBe("warning[c]: m\n");
  });
});
