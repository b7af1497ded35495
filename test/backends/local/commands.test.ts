import { describe, expect, it } from "vitest";

import { argvOf } from "../../../src/backends/local/commands.ts";
import { hostEnvironment } from "../../../src/backends/local/environment.ts";
import { insideWorkflow } from "../../../src/backends/local/paths.ts";
import { parseStat } from "../../../src/backends/local/process-identity.ts";
import { joinCommands } from "../../../src/lib/join-commands.ts";
import { shellWords } from "../../../src/lib/shell-words.ts";

describe("joinCommands()", () => {
  it.each<readonly [readonly string[], string]>([
    [["a"], "a"],
    [["  a ", "b\n"], "a && b"],
    [["a &", "b"], "{ a & } && b"],
    [["a && b", "c"], "a && b && c"],
  ])("joins %j to %s", (commands, script) => {
    expect(joinCommands(commands)).toBe(script);
  });
});

describe("argvOf()", () => {
  it.each<readonly [string | null, readonly string[], readonly string[] | null]>([
    [null, ["a", "b"], ["/bin/bash", "-c", "a && b"]],
    ["sh -c", ["a b"], ["sh", "-c", "a b"]],
    ["python -m 'my app'", [], ["python", "-m", "my app"]],
    [null, [], null],
    ["", ["a"], null],
    ["'open", ["a"], null],
  ])("gives entrypoint %j with commands %j as %j", (entrypoint, commands, argv) => {
    expect(argvOf({ entrypoint, commands }, "/bin/bash")).toEqual(argv);
  });
});

describe("shellWords()", () => {
  it.each<readonly [string, readonly string[] | null]>([
    ["", []],
    ["  a  b ", ["a", "b"]],
    ["a'b c'd", ["ab cd"]],
    [`"a \\"b\\" $HOME \\n"`, ['a "b" $HOME \\n']],
    ["a\\ b ''", ["a b", ""]],
    ['"\\$a \\` \\\\"', ["\\$a \\` \\"]],
    ["a#b #c", ["a#b", "#c"]],
    ["a\u00a0b", ["a\u00a0b"]],
    ["'a", null],
    ['"a', null],
    ["a\\", null],
  ])("splits %j into %j", (text, words) => {
    expect(shellWords(text)).toEqual(words);
  });
});

describe("insideWorkflow()", () => {
  it.each<readonly [string, string | null]>([
    ["a/b", "a/b"],
    [".", ""],
    ["", ""],
    ["a/../b", "b"],
    ["/workflow", ""],
    ["/workflow/a/", "a"],
    ["..", null],
    ["../workflow-2", null],
    ["a/../../b", null],
    ["/etc/passwd", null],
    ["/workflow/../etc", null],
    ["~/.ssh/id_rsa", null],
    ["a\0b", null],
    ["..a", "..a"],
  ])("takes %j for %j", (path, inside) => {
    expect(insideWorkflow(path)).toBe(inside);
  });
});

describe("hostEnvironment()", () => {
  it("keeps the path, the home and the locale, and nothing else", () => {
    const host = {
      PATH: "/bin",
      HOME: "/root",
      LANG: "C",
      LC_ALL: "C",
      TZ: "UTC",
      GITHUB_TOKEN: "t",
      NODE_OPTIONS: "o",
      MY_PATH: "p",
    };
    expect(hostEnvironment(host)).toEqual({ PATH: "/bin", HOME: "/root", LANG: "C", LC_ALL: "C", TZ: "UTC" });
  });
});

describe("parseStat()", () => {
  const rest = "S 1 12 12 0 -1 4194560 90 0 0 0 0 0 0 0 20 0 1 0 287834 2654208 369";
  it.each<readonly [string, { readonly pid: number; readonly start: string } | null]>([
    [`12 (sh) ${rest}`, { pid: 12, start: "287834" }],
    [`12 (a) b (c)) ${rest}`, { pid: 12, start: "287834" }],
    [`12 (sh) ${rest.replace("S", "Z")}`, null],
  ])("reads %j", (stat, identity) => {
    expect(parseStat(stat)).toEqual(identity);
  });
});
