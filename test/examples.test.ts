import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { parseServices } from "../src/config/services.ts";
import { parseSettings } from "../src/config/settings-file.ts";

const examples = join(import.meta.dirname, "../examples");
const files = globSync("**/*.dstack.yml", { cwd: examples }).concat(globSync("*/.dstack.yml", { cwd: examples }));

it.each(files)("examples/%s says nothing wrong", (file) => {
  const { services, diagnostics } = parseServices([{ path: file, bytes: readFileSync(join(examples, file)) }]);
  expect(diagnostics).toEqual([]);
  expect(services).toHaveLength(1);
});

it.each(globSync("*/.dstack/gitops.yml", { cwd: examples }))("examples/%s says nothing wrong", (file) => {
  const parsed = parseSettings({ path: file, bytes: readFileSync(join(examples, file)) });
  expect(parsed).toMatchObject({ settings: { project: "main" }, diagnostics: [] });
});
