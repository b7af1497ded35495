import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { serviceFields } from "../../src/config/fields/service.ts";
import { settingsFields } from "../../src/config/fields/settings.ts";
import {
  profilesFileSchema,
  serviceFileSchema,
  serviceSchema,
  settingsFileSchema,
} from "../../src/config/json-schema.ts";
import { otherTypes, parseServiceFile } from "../../src/config/parse.ts";
import { parseProfiles } from "../../src/config/profiles.ts";
import { parseSettings } from "../../src/config/settings-file.ts";
import { marks, plainMapping } from "./editors.ts";
import { file } from "./parsing.ts";

/** Every service file of the reference page, as it stands there. */
const folder = new URL("../fixtures/config/reference-page/", import.meta.url);
const examples = readdirSync(folder).map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));

/** What is wrong with it; that something has no effect here is a note, and nothing wrong. */
function unexpected(text: string): readonly string[] {
  const { diagnostics } = parseServiceFile(file(text));
  return diagnostics.filter(({ severity }) => severity !== "note").map(({ code, message }) => `${code}: ${message}`);
}

const service = serviceSchema();

describe("the reference page", () => {
  it("has its examples here", () => {
    expect(examples.length).toBeGreaterThanOrEqual(20);
  });

  it.each(examples)("$name is understood, by editors too", ({ text }) => {
    expect(unexpected(/^name:/m.test(text) ? text : `name: web\n${text}`)).toEqual([]);
    expect(marks(service, { name: "web", ...plainMapping(text) })).toEqual([]);
  });
});

describe("every property", () => {
  const base = { type: "service", name: "web", port: 80, commands: ["run"], env: ["NGC_API_KEY"] };

  it.each(
    Object.entries(serviceFields)
      .filter(([, { deprecated }]) => deprecated !== true)
      .map(([property, { example }]) => ({ property, example })),
  )("$property: its example is what it says", ({ property, example }) => {
    const { commands, ...rest } = base;
    const file = {
      ...(property === "image" ? rest : { ...rest, commands }),
      ...(property === "scaling" ? { replicas: "1..2" } : {}),
      [property]: example,
    };
    expect(unexpected(JSON.stringify(file))).toEqual([]);
    expect(marks(service, file)).toEqual([]);
  });

  it.each(Object.entries(settingsFields).map(([property, { example }]) => ({ property, example })))(
    "$property of the settings: its example is what it says",
    ({ property, example }) => {
      expect(parseSettings(file(JSON.stringify({ [property]: example }))).diagnostics).toEqual([]);
      expect(marks(settingsFileSchema(), { [property]: example })).toEqual([]);
    },
  );

  it("is described", () => {
    const described = [...Object.values(serviceFields), ...Object.values(settingsFields)].every(({ description }) =>
      /^[A-Z].*\.$/s.test(description),
    );
    expect(described).toBe(true);
  });
});

describe("JSON Schema", () => {
  it("lets files of other types pass", () => {
    expect(serviceFileSchema()).toMatchObject({ if: { properties: { type: { enum: otherTypes } } }, else: service });
  });

  it.each([
    ["an unknown property", service, { type: "service", name: "web", port: 80, image: "x", comands: [] }],
    ["a missing port", service, { type: "service", name: "web", image: "x" }],
    ["a port out of range", service, { type: "service", name: "web", image: "x", port: 70_000 }],
    ["an unknown policy", settingsFileSchema(), { policy: { budgets: {} } }],
    ["a profile without a name", profilesFileSchema(), { profiles: [{ max_price: 1 }] }],
  ])("refuses %s", (_, schema, value) => {
    expect(marks(schema, value)).not.toEqual([]);
  });

  it("accepts profiles that are read", () => {
    const profiles = {
      profiles: [{ name: "a", default: true, max_price: 1.5, retry: true, schedule: { cron: "0 8 * * mon-fri" } }],
    };
    expect(parseProfiles(file(JSON.stringify(profiles))).diagnostics).toEqual([]);
    expect(marks(profilesFileSchema(), profiles)).toEqual([]);
  });
});
