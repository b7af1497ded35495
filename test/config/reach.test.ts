import { describe, expect, it } from "vitest";

import { checkReach, hasCredentials, insideRepository } from "../../src/config/reach.ts";
import { service, shorts } from "./parsing.ts";

describe("insideRepository()", () => {
  it.each([
    [".dstack.yml", ".", ""],
    ["svc/.dstack.yml", ".", "svc"],
    ["svc/.dstack.yml", "./app/", "svc/app"],
    ["svc/.dstack.yml", "..", ""],
    ["svc/.dstack.yml", "../other//x/.", "other/x"],
    ["svc/.dstack.yml", "a/../../b", "b"],
    ["svc/.dstack.yml", "...", "svc/..."],
    ["svc/.dstack.yml", "../..", null],
    [".dstack.yml", "../repository", null],
    [".dstack.yml", "/etc", null],
    [".dstack.yml", "~", null],
    [".dstack.yml", "~/x", null],
    [".dstack.yml", "c:\\x", null],
    [".dstack.yml", "C:/x", null],
  ])("of %s, %s is %s", (file, path, inside) => {
    expect(insideRepository(file, path)).toBe(inside);
  });
});

describe("hasCredentials()", () => {
  it.each([
    ["https://github.com/a/b", false],
    ["https://github.com/a/b@v1", false],
    ["git@github.com:a/b", false],
    ["ssh://git@github.com/a/b", false],
    ["https://token@github.com/a/b", true],
    ["https://u:p@github.com/a/b", true],
    ["HTTPS://u:p@github.com/a/b", true],
    ["https://u:p/w@github.com/a/b", true],
    ["ssh://git:p@github.com/a/b", true],
    ["git+https://token@github.com/a/b", true],
    ["https://github.com/a/b?access_token=secret", true],
    ["git+https://github.com/a/b?access_token=secret", true],
    ["https://github.com/a/b#secret", true],
  ])("%s: %s", (url, expected) => {
    expect(hasCredentials({ url, path: null })).toBe(expected);
  });
});

describe("checkReach()", () => {
  const base = "type: service\nname: web\nport: 80\ncommands: [a]\n";

  it.each([
    ["files: [app, '.:/x']", [], []],
    ["files: [a, /etc/hosts]", ["warning files-outside-repository 5:12 files[1]"], null],
    ["files: ['~/.ssh:/x']", ["warning files-outside-repository 5:9 files[0]"], null],
    ["files: ['C:\\x:/x']", ["warning files-outside-repository 5:9 files[0]"], null],
    ["files: [../../x]", ["warning files-outside-repository 5:9 files[0]"], []],
    ["files: [../x]", [], []],
    ["repos: [..]", [], []],
    ["repos: [~/shop]", ["warning repos-outside-repository 5:9 repos[0]"], null],
    ["repos: ['https://github.com/a/b']", [], []],
    [
      "repos: [{url: 'https://u:canary@github.com/a/b'}]",
      ["warning repos-credentials undefined:undefined repos[0]"],
      null,
    ],
    ["repos: ['https://u:canary@github.com/a/b']", ["warning repos-credentials undefined:undefined repos[0]"], null],
  ])("of %s", (line, found, loose) => {
    const source = service(`${base}${line}\n`, "svc/.dstack.yml");
    const diagnostics = checkReach(source, { loose: false });
    expect(shorts({ diagnostics })).toEqual(found);
    expect(shorts({ diagnostics: checkReach(source, { loose: true }) })).toEqual(loose ?? found);
    expect(JSON.stringify(diagnostics)).not.toContain("canary");
  });
});
