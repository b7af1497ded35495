import { fileURLToPath } from "node:url";

import { execa } from "execa";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { propertyNames } from "../../src/config/fields/service.ts";
import { parseServiceFile } from "../../src/config/parse.ts";
import { parseProfiles } from "../../src/config/profiles.ts";
import { parseServices } from "../../src/config/services.ts";
import { parseSettings } from "../../src/config/settings-file.ts";
import { renderDiagnostics } from "../../src/config/source-frame.ts";
import { hostileCases } from "./hostile-cases.ts";
import { runs } from "./runs.ts";

const valid = `type: service
name: web
port: 8000
env: &env
  - HF_TOKEN
  - MODEL=a
commands:
  - |
    python -m app
probes: [{type: http, url: /health, interval: 5s}]
resources: {gpu: "A100:80GB:2", cpu: 4.., memory: 16GB.., disk: 100GB}
replicas: 1..4
scaling: {metric: rps, target: 10}
files: [.:app]
schedule: {cron: "0 8 * * mon-fri"}
volumes: [a:/b, {instance_path: /c, path: /d}]
`;

/** Parses as every kind of file without throwing; gives a value or errors; draws every problem at its place. */
function expectSurvival(bytes: Uint8Array): void {
  const source = { path: "x.dstack.yml", bytes };
  const parsed = parseServiceFile(source);
  const { settings, diagnostics } = parseSettings(source);
  const profiles = parseProfiles(source);
  const together = parseServices([source]);
  expect(together.services.length).toBe(parsed.kind === "service" ? 1 : 0);
  expect(together.diagnostics.length).toBe(parsed.diagnostics.length);
  expect(parsed.kind === "invalid").toBe(parsed.diagnostics.some(({ severity }) => severity === "error"));
  expect(settings === null).toBe(diagnostics.some(({ severity }) => severity === "error"));
  expect(profiles.profiles === null).toBe(profiles.diagnostics.some(({ severity }) => severity === "error"));
  for (const { line = 0, column = 0, endLine = 0, endColumn = 0 } of [
    ...parsed.diagnostics,
    ...diagnostics,
    ...profiles.diagnostics,
  ]) {
    expect(line > 0 && column > 0 && (endLine > line || (endLine === line && endColumn >= column))).toBe(true);
  }
  expect(renderDiagnostics(parsed.diagnostics, new Map([[source.path, new TextDecoder().decode(bytes)]]))).toBeTypeOf(
    "string",
  );
}

describe("parseServiceFile() on anything", () => {
  it("survives arbitrary bytes", () => {
    expect.hasAssertions();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), expectSurvival), runs(300));
  });

  it("survives arbitrary text", () => {
    expect.hasAssertions();
    const words = fc.constantFrom(
      "type: service\n",
      "- ",
      ": ",
      "? ",
      "[",
      "]",
      "{",
      "}",
      ",",
      "&a ",
      "*a",
      "|",
      ">",
      "\n",
      "  ",
      "'",
      '"',
      "#",
      "!x ",
      "!!int ",
      "---\n",
      "<<",
      "\t",
      "%",
      "@",
      "é",
      "\u{1F600}",
      ...propertyNames,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 5 })), { maxLength: 80 }), (parts) =>
        expectSurvival(new TextEncoder().encode(parts.join(""))),
      ),
      runs(1000),
    );
  });

  it("survives valid files with a part replaced", () => {
    expect.hasAssertions();
    const edit = fc.record({
      at: fc.nat(valid.length),
      drop: fc.nat(20),
      put: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom("\n", ": ", "[", "- ", "{}", "null", "1e400", "-1", "..", "__proto__"),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        expectSurvival(
          new TextEncoder().encode(
            edits.reduce((text, { at, drop, put }) => text.slice(0, at) + put + text.slice(at + drop), valid),
          ),
        );
      }),
      runs(1000),
    );
  });

  it("survives any value of any property", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(fc.constantFrom(...propertyNames), fc.jsonValue(), (property, value) => {
        expectSurvival(
          new TextEncoder().encode(`{"type": "service", ${JSON.stringify(property)}: ${JSON.stringify(value)}}`),
        );
      }),
      runs(1000),
    );
  });
});

describe("a hostile file", () => {
  it("ends in errors, in 256 MB and in time, as any kind of file", async () => {
    const program = fileURLToPath(new URL("../fixtures/config/read-hostile.ts", import.meta.url));
    const { stdout } = await execa(process.execPath, ["--max-old-space-size=256", program], { timeout: 100_000 });
    const expected = Object.fromEntries(hostileCases.map(({ what, codes }) => [what, codes]));
    expect(JSON.parse(stdout)).toEqual(expected);
  }, 120_000);
});
