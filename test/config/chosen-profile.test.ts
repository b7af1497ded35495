import { describe, expect, it } from "vitest";

import { chooseProfile } from "../../src/config/chosen-profile.ts";
import { whereWritten } from "../../src/config/parse.ts";
import { parseServices } from "../../src/config/services.ts";
import { file } from "./parsing.ts";

const path = ".dstack/profiles.yml";
const home = "~/.dstack/profiles.yml";
const profiles = `profiles:
  - name: cheap
    max_price: 0.5
  - name: night
    default: true
    schedule: { cron: "0 22 * * *" }
    tags: { stage: night }
    retry: true
`;

function choose(name: string | null, text: string | null = profiles, global: string | null = null) {
  return chooseProfile(
    { repository: text === null ? null : file(text, path), home: global === null ? null : file(global, home) },
    name,
  );
}

describe("chooseProfile()", () => {
  it.each([
    { what: "by its name", name: "cheap", expected: "cheap" },
    { what: "the default one", name: null, expected: "night" },
    { what: "none where none is a default", name: null, text: "profiles: [{name: a}]", expected: null },
    { what: "none where there is no file", name: null, text: null, expected: null },
    { what: "the repository's first", name: "cheap", global: "profiles: [{name: cheap}]", expected: "cheap" },
    {
      what: "this machine's, and says so",
      name: "mine",
      global: "profiles: [{name: mine}]",
      expected: "mine",
      said: [`note ${home}:1:13`],
    },
    { what: "no unknown one", name: "nihgt", expected: null, said: ["error undefined:undefined:undefined"] },
    {
      what: "none of a file with errors",
      name: "cheap",
      text: `${profiles}    max_prize: 1\n`,
      expected: null,
      said: [`error ${path}:9:5`],
    },
    {
      what: "none where another file has errors",
      name: "cheap",
      global: "profiles: 1",
      expected: null,
      said: [`error ${home}:1:11`],
    },
  ])("takes $what", ({ name, text = profiles, global = null, expected, said = [] }) => {
    const { profile, diagnostics } = choose(name, text, global);
    expect(profile?.name ?? null).toBe(expected);
    expect(diagnostics.map(({ severity, file: at, line, column }) => `${severity} ${at}:${line}:${column}`)).toEqual(
      said,
    );
  });

  it("names the profiles that there are", () => {
    expect(choose("nihgt").diagnostics).toMatchObject([
      { code: "unknown-profile", message: "No such profile: nihgt", hint: "there are `cheap`, `night`" },
    ]);
  });
});

describe("a service with a profile", () => {
  const base = "type: service\nname: web\nport: 80\nimage: x\n";

  function read(lines: string) {
    const { profile } = choose(null);
    return parseServices([file(`${base}${lines}`, "web.dstack.yml")], profile);
  }

  it("gets what it does not say, and keeps what it says, whole", () => {
    const { services, diagnostics } = read("tags: {team: a}\nretry: false\n");
    expect(diagnostics).toEqual([]);
    expect(services[0]?.spec).toMatchObject({
      schedule: { cron: ["0 22 * * *"] },
      tags: { team: "a" },
      retry: false,
      max_price: null,
    });
  });

  it("is the same service as one that says it all itself", () => {
    const whole = parseServices([
      file(`${base}retry: true\ntags: {stage: night}\nschedule: {cron: ["0 22 * * *"]}\n`, "web.dstack.yml"),
    ]);
    expect(read("").services[0]?.fingerprint).toBe(whole.services[0]?.fingerprint);
  });

  it("tells where each property stands", () => {
    const [service] = read("tags: {team: a}\n").services;
    if (service === undefined) throw new Error("the service was not read");
    const places = ["schedule.cron", "retry", "tags.team", "tags", "max_price", "port"].map((property) => {
      const place = whereWritten(service, property);
      return place === null ? null : `${place.file}:${place.line}`;
    });
    expect(places).toEqual([
      `${path}:6`,
      `${path}:8`,
      "web.dstack.yml:5",
      "web.dstack.yml:5",
      null,
      "web.dstack.yml:3",
    ]);
  });

  it("has rules that hold for both together, told where the property stands", () => {
    const { services, diagnostics } = read("replicas: 0..2\nscaling: {metric: rps, target: 1}\n");
    expect(services).toEqual([]);
    expect(diagnostics).toMatchObject([
      {
        message: "Scheduled services with autoscaling to zero are not supported",
        file: path,
        line: 6,
        related: { file: "web.dstack.yml", line: 5 },
        hint: "the profile `night` gives it to services that do not set it",
      },
    ]);
  });

  it("is not mended by its profile where it is wrong", () => {
    expect(read("retry: maybe\n").diagnostics).toMatchObject([{ severity: "error", file: "web.dstack.yml", line: 5 }]);
  });
});
