import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { differencesReference, serviceReference, settingsReference } from "../../scripts/field-reference.ts";
import { serviceFields } from "../../src/config/fields/service.ts";

describe("docs", () => {
  it.each([
    ["service-file.md", serviceReference()],
    ["settings.md", settingsReference()],
    ["differences.md", differencesReference()],
  ])("%s is what `npm run generate` draws", (name, drawn) => {
    expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8")).toBe(drawn);
  });

  it("name every property, nested ones too", () => {
    const page = serviceReference();
    expect(Object.keys(serviceFields).filter((property) => !page.includes(`| \`${property}\` |`))).toEqual([]);
    for (const section of ["probes[]", "probes[].headers[]", "resources.gpu", "scaling", "rate_limits[].key"]) {
      expect(page).toContain(`## \`${section}\``);
    }
  });
});
