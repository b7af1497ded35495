import { describe, expect, it } from "vitest";

import { nextOccurrence, parseCron, previousOccurrence } from "../../src/config/cron.ts";
import { interpolate } from "../../src/config/interpolate.ts";
import { findProfile, mergeProfile, parseProfiles } from "../../src/config/profiles.ts";
import { file, parseLines, service, shorts } from "./parsing.ts";

describe("parseCron()", () => {
  const now = Date.parse("2025-09-02T12:06:30Z");

  it.each([
    ["5/10 * * * *", "2025-09-02T12:15:00Z", "2025-09-02T12:05:00Z"],
    ["0 0 3/10 * *", "2025-09-03T00:00:00Z", "2025-08-23T00:00:00Z"],
    ["0 0 31 * *", "2025-10-31T00:00:00Z", "2025-08-31T00:00:00Z"],
    ["0 0 29 2 *", "2028-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["0 0 29 2 mon", "2044-02-29T00:00:00Z", "2016-02-29T00:00:00Z"],
    ["0 0 13 * fri", "2026-02-13T00:00:00Z", "2025-06-13T00:00:00Z"],
    ["0 0 LAST * *", "2025-09-30T00:00:00Z", "2025-08-31T00:00:00Z"],
    ["0 0 last,1 * *", "2025-09-30T00:00:00Z", "2025-09-01T00:00:00Z"],
    ["0 0 * jan-mar *", "2026-01-01T00:00:00Z", "2025-03-31T00:00:00Z"],
    ["0 0 * * mon,wed,5", "2025-09-03T00:00:00Z", "2025-09-01T00:00:00Z"],
    ["0 0 * * mon/2", "2025-09-08T00:00:00Z", "2025-09-01T00:00:00Z"],
    ["00 08 * * *", "2025-09-03T08:00:00Z", "2025-09-02T08:00:00Z"],
    ["* * * * *", "2025-09-02T12:07:00Z", "2025-09-02T12:06:00Z"],
    ["0 0 30 2 *", null, null],
  ])("finds when %s is next and was last", (expression, next, previous) => {
    const parsed = parseCron(expression);
    const found = parsed.ok ? [nextOccurrence(parsed.cron, now), previousOccurrence(parsed.cron, now)] : parsed.message;
    expect(found).toEqual([next, previous].map((time) => (time === null ? null : Date.parse(time))));
  });

  it.each([
    ["0 0 * * 7", "Error validating expression '7': the last value (7) is higher than the maximum value (6)"],
    [
      "*/100 * * * *",
      "Error validating expression '*/100': the step value (100) is higher than the total range of the expression (59)",
    ],
    [
      "0 0 1-3/5 * *",
      "Error validating expression '1-3/5': the step value (5) is higher than the total range of the expression (2)",
    ],
    ["0 0 * january *", 'Invalid month name "january"'],
    ["? * * * *", 'Unrecognized expression "?" for field "minute"'],
    ["0 0 mon * *", 'Unrecognized expression "mon" for field "day"'],
    ["1,,2 * * * *", 'Unrecognized expression "" for field "minute"'],
    ["0 0 * * fri-mon", "The minimum value in a range must not be higher than the maximum"],
    ["@daily", "Wrong number of fields; got 1, expected 5"],
  ])("refuses %s", (expression, message) => {
    expect(parseCron(expression)).toEqual({ ok: false, message });
  });

  it("warns where both day fields are given", () => {
    expect(shorts(parseLines("schedule: {cron: '0 0 13 * fri'}"))).toContain("warning cron-days 5:18 schedule.cron");
  });
});

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

  it("takes the first that fits", () => {
    const files = ["[{name: a}]", "[{name: a, max_price: 1}, {name: b, default: true}]"].map(
      (text) => parseProfiles(file(`profiles: ${text}`)).profiles ?? [],
    );
    expect(["a", "b", "c", null].map((name) => findProfile(files, name)?.name)).toEqual(["a", "b", undefined, "b"]);
    expect([findProfile([], null), findProfile([], "a")]).toEqual([null, undefined]);
  });
});
