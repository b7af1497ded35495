import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import {
  differencesReference,
  profilesReference,
  serviceReference,
  settingsReference,
} from "../../scripts/field-reference.ts";
import { serviceFields } from "../../src/config/fields/service.ts";

describe("docs", () => {
  it.each([
    ["service-file.md", serviceReference()],
    ["settings.md", settingsReference()],
    ["profiles.md", profilesReference()],
    ["differences.md", differencesReference()],
  ])("%s is what `npm run generate` draws", (name, drawn) => {
    expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8")).toBe(drawn);
  });

  it("name every property, nested ones too", () => {
    const headings = headingsOf(serviceReference());
    expect(Object.keys(serviceFields).filter((property) => !headings.includes(`\`${property}\``))).toEqual([]);
    expect(headings.filter((heading) => heading.includes(" as a mapping"))).toEqual([
      "`port` as a mapping",
      "`registry_auth` as a mapping",
      "`files[]` as a mapping",
      "`repos[]` as a mapping",
      "`volumes[]` as a mapping with `name`",
      "`volumes[]` as a mapping with `instance_path`",
      "`resources` as a mapping",
      "`resources.cpu` as a mapping",
      "`resources.gpu` as a mapping",
      "`resources.disk` as a mapping",
      "`rate_limits[]` as a mapping",
      "`rate_limits[].key` as a mapping with `type: ip_address`",
      "`rate_limits[].key` as a mapping with `type: header`",
      "`model` as a mapping with `format: openai`",
      "`model` as a mapping with `format: tgi`",
      "`scaling` as a mapping",
      "`probes[]` as a mapping",
      "`probes[].headers[]` as a mapping",
      "`retry` as a mapping",
      "`utilization_policy` as a mapping",
      "`schedule` as a mapping",
    ]);
  });

  it.each([
    ["service-file.md", serviceReference()],
    ["settings.md", settingsReference()],
  ])("%s links to what is there, and leaves nothing unsaid", (_, page) => {
    const headings = headingsOf(page);
    const anchors = headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor ?? ""))).toEqual([]);
    expect(new Set(anchors).size).toBe(anchors.length);
    expect(page).not.toMatch(/undefined|\[object|\|  \|/);
  });
});

function headingsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => String(heading));
}
