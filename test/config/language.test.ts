import { describe, expect, it } from "vitest";

import { interpolate } from "../../src/config/interpolate.ts";
import { findProfile, mergeProfile, parseProfiles } from "../../src/config/profiles.ts";
import { file, parseLines, service, shorts } from "./parsing.ts";

describe("interpolate()", () => {
  it("copies everything between a lone dollar and the next reference", () => {
    expect(interpolate("$x $${{ env.A }} $$", { lookup: () => "1" })).toEqual({
      ok: true,
      text: "$x $1 $",
      missing: [],
    });
  });

  it("inserts values once", () => {
    expect(interpolate("${{ env.A }}", { lookup: () => "${{ env.B }}" })).toMatchObject({ text: "${{ env.B }}" });
  });

  it.each([
    ["probes: [{type: http, url: '/${{ env.A }}'}]", "error unknown-reference 5:1 probes"],
    ["probes: [{type: http, url: '/${{ env.A'}]", "error invalid-value 5:28 probes[0].url"],
    [
      "probes: [{type: http, headers: [{name: K, value: '${{ env.a-b }}'}]}]",
      "error invalid-value 5:50 probes[0].headers[0].value",
    ],
    ["registry_auth: {username: u, password: '${{ env.A }}'}", "error unknown-reference 5:1 registry_auth"],
  ])("is checked when files are read: %s", (line, expected) => {
    expect(shorts(parseLines(line))).toContain(expected);
    expect(shorts(parseLines(line.replace("env.A ", "secrets.A ")))).not.toContain(
      "error unknown-reference 5:1 probes",
    );
  });

  it("knows the names of the service", () => {
    expect(shorts(parseLines("env: [A]", "probes: [{type: http, url: '/${{ env.A }}'}]"))).toEqual([]);
  });
});

describe("profiles", () => {
  it("tells what is wrong with its place", () => {
    const { profiles, diagnostics } = parseProfiles(
      file("profiles:\n- name: a\n  max_prize: 1\n- default: true\n  retry: {on_events: []}\n"),
    );
    expect([profiles, shorts({ diagnostics })]).toEqual([
      null,
      [
        "error unknown-property 3:3 profiles[0].max_prize",
        "error missing-property 4:3 profiles[1].name",
        "error invalid-value 5:22 profiles[1].retry.on_events",
      ],
    ]);
  });

  it("gives a service what it does not say itself", () => {
    const [profile] =
      parseProfiles(file("profiles: [{name: a, max_price: 2, regions: [r], tags: {a: b}}]")).profiles ?? [];
    const { spec } = service("type: service\nname: web\nport: 80\nimage: x\n");
    expect(profile && mergeProfile({ ...spec, regions: ["s"], retry: false }, profile)).toEqual({
      ...spec,
      regions: ["s"],
      retry: false,
      max_price: 2,
      tags: { a: "b" },
    });
  });

  it("warns of what never counts", () => {
    const found = parseProfiles(
      file("profiles:\n- {name: a, default: true}\n- {name: b, default: true}\n- {name: a}\n", "profiles.yml"),
    );
    expect([found.profiles?.map(({ name }) => name), shorts(found)]).toEqual([
      ["a", "b", "a"],
      ["warning second-profile 3:13 profiles[1].default", "warning second-profile 4:4 profiles[2].name"],
    ]);
    expect(found.diagnostics[0]?.related).toEqual({
      file: "profiles.yml",
      line: 2,
      column: 13,
      message: "the first one",
    });
  });

  it.each([
    ["", ["error wrong-type 1:1"]],
    ["- name: a", ["error wrong-type 1:1"]],
    ["profiles: {name: a}", ["error wrong-type 1:11 profiles"]],
    ["profiles:\n- {name: a, instances: [b]}", ["error unknown-property 2:13 profiles[0].instances"]],
    ["profiles:\n- {name: a, env: [b]}", ["error unknown-property 2:13 profiles[0].env"]],
    ["profiles: []", []],
  ])("reads %j, with the places of its problems", (text, problems) => {
    expect(shorts(parseProfiles(file(text)))).toEqual(problems);
  });

  it("takes the first that fits", () => {
    const files = ["[{name: a}]", "[{name: a, max_price: 1}, {name: b, default: true}]"].map(
      (text) => parseProfiles(file(`profiles: ${text}`)).profiles ?? [],
    );
    expect(["a", "b", "c", null].map((name) => findProfile(files, name)?.name)).toEqual(["a", "b", undefined, "b"]);
    expect([findProfile([], null), findProfile([], "a")]).toEqual([null, undefined]);
  });
});
