import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { parseServiceFile } from "../../src/config/parse.ts";
import { readSource } from "../../src/config/source.ts";
import { resolvePlain } from "../../src/config/yaml/scalars.ts";
import { isOddScalar, type YamlValue } from "../../src/config/yaml/value.ts";
import { file, parseLines, shorts } from "./parsing.ts";

/** Each plain scalar, with the type and Python text that PyYAML's `safe_load` gives it. */
const scalars = z
  .array(z.tuple([z.string(), z.enum(["null", "bool", "int", "float", "str", "timestamp"]), z.string().nullable()]))
  .parse(JSON.parse(readFileSync(new URL("../fixtures/config/yaml-scalars.json", import.meta.url), "utf8")));

describe("resolvePlain()", () => {
  it.each(scalars)("reads %j as PyYAML does: %s %s", (source, type, text) => {
    expect(described(resolvePlain(source.trim()))).toEqual([type, text]);
  });
});

function described(value: YamlValue | undefined): readonly [string, string | null] {
  if (value === null) return ["null", null];
  if (typeof value === "boolean") return ["bool", value ? "True" : "False"];
  if (typeof value === "number") return ["int", String(value)];
  if (isOddScalar(value)) {
    return value.kind === "timestamp" ? ["timestamp", null] : [value.kind === "float" ? "float" : "int", value.text];
  }
  return ["str", typeof value === "string" ? value : null];
}

describe("readSource()", () => {
  const bytes = (...values: readonly number[]): { path: string; bytes: Uint8Array } => ({
    path: "x",
    bytes: new Uint8Array(values),
  });

  it.each([
    ["a: 1\na: 2\n", ["error duplicate-key 2:1"]],
    ["{a: 1, b: 2, a: 3}", ["error duplicate-key 1:14"]],
    ["a: [\n", ["error yaml-syntax 2:1"]],
    ["a: 'x\n", ["error yaml-syntax 2:1"]],
    ["a: 1\n---\nb: 2\n", ["error yaml-documents 2:1"]],
    ["a: &a [*a]\n", ["error yaml-alias 1:8"]],
    ["a: *b\n", ["error yaml-alias 1:4"]],
    ["a: !!python/name:os.system ''\n", ["error yaml-tag 1:28"]],
    ["a: !x b\n", ["error yaml-tag 1:7"]],
    ["a: !!int b\n", ["error yaml-tag 1:10"]],
    ["a: =\n", ["error yaml-syntax 1:4"]],
    ["[a, b]: c\n", ["error yaml-key 1:1"]],
    ["yes: 1\n", ["warning yaml-trap 1:1"]],
    ["a: {<<: b}\n", ["error yaml-merge 1:9"]],
    ["a: x\u0000y\n", ["error control-character 1:5"]],
    ["a: \u001b[31m\n", ["error control-character 1:4"]],
    ["[".repeat(100_000), ["error yaml-depth 1:101"]],
    ["- ".repeat(100_000), ["error yaml-depth 1:200"]],
    ["a: 1\n".repeat(50_000), ["error yaml-size 8572:3"]],
  ])("finds what is wrong with %.40j", (text, expected) => {
    expect(shorts(readSource(file(text)))).toEqual(expected);
  });

  it.each([
    ["UTF-16, little endian", bytes(0xff, 0xfe, 0x61, 0), "error encoding 1:1"],
    ["UTF-16, big endian", bytes(0xfe, 0xff, 0, 0x61), "error encoding 1:1"],
    ["an invalid byte", bytes(0x61, 0x3a, 0x20, 0xff), "error encoding 1:4"],
    ["10 MB", { path: "x", bytes: new Uint8Array(10_000_000) }, "error file-too-large 1:1"],
  ])("refuses %s", (_, source, expected) => {
    expect(shorts(readSource(source))).toEqual([expected]);
  });

  it("limits what aliases expand to", () => {
    const lines = Array.from(
      { length: 9 },
      (_, level) =>
        `l${level}: &l${level} [${Array.from({ length: 9 }, () => (level === 0 ? "x" : `*l${level - 1}`)).join(", ")}]`,
    );
    expect(shorts(readSource(file(lines.join("\n")))).map((short) => short.split(" ")[1])).toEqual([
      "yaml-alias-expansion",
    ]);
  });

  it.each([
    ["\uFEFFa: 1", { a: 1 }],
    ["a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\n", { a: { b: 1, c: 2 }, d: { b: 3, c: 2 } }],
    ["a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n", { a: { b: 1 }, c: { b: 2, d: 3 }, e: { b: 1, d: 3 } }],
    ["a: !!str 1\nb: ! 2\nc: '3'\n", { a: "1", b: 2, c: "3" }],
    ["1: a\n1.50: b\n", { "1": "a", "1.5": "b" }],
    ["a: >\n  x\n  y\n\nb: |\n  x\n  y\n", { a: "x y\n", b: "x\ny\n" }],
  ])("reads %j", (text, expected) => {
    const { value, diagnostics } = readSource(file(text));
    expect(diagnostics).toEqual([]);
    expect(plain(value)).toEqual(expected);
  });
});

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe("traps of YAML 1.1", () => {
  it.each([
    ["env: {VERSION: 1.10}", { VERSION: "1.1" }, ["warning yaml-trap 5:16 env.VERSION"]],
    ["env: {COUNTRY: NO}", { COUNTRY: "False" }, ["warning yaml-trap 5:16 env.COUNTRY"]],
    ["env: {NO: x}", { False: "x" }, ["warning yaml-trap 5:7"]],
    ["env: {MODE: 0755}", { MODE: "493" }, ["warning yaml-trap 5:13 env.MODE"]],
    ["env: {AT: 1:30}", { AT: "90" }, ["warning yaml-trap 5:11 env.AT"]],
    ["env: {N: 1e3, M: 0o17, Y: y}", { N: "1e3", M: "0o17", Y: "y" }, []],
    ["env: {N: 1.5, M: 8080, S: '0755'}", { N: "1.5", M: "8080", S: "0755" }, []],
    ["env: ['1A=2']", { "1A": "2" }, ["warning env-name 5:7 env[0]"]],
  ])("%s", (line, env, expected) => {
    const parsed = parseLines(line);
    expect(parsed).toMatchObject({ kind: "service", service: { spec: { env } } });
    expect(shorts(parsed)).toEqual(expected);
  });

  it.each([
    ["3.10", "3.10", true],
    ["3.1", "3.10", true],
    ["3.12", "3.12", false],
    ["'3.10'", "3.10", false],
  ])("python: %s", (written, python, warns) => {
    const parsed = parseServiceFile(file(`type: service\nname: web\nport: 80\ncommands: [a]\npython: ${written}\n`));
    expect(parsed).toMatchObject({ kind: "service", service: { spec: { python } } });
    expect(shorts(parsed)).toEqual(warns ? ["warning yaml-trap 5:9 python"] : []);
  });

  it("refuses a date where text is expected", () => {
    expect(shorts(parseLines("env: {DAY: 2024-01-02}"))).toEqual(["error wrong-type 5:12 env.DAY"]);
  });
});
