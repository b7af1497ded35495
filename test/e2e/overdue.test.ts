import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { createDemo } from "../support/demo.ts";
import { containing, including, like } from "../support/expecting.ts";

const example = join(import.meta.dirname, "../../state/example/1");

it("whoever looks is warned of a service that should have been looked after long ago", async () => {
  await using demo = await createDemo();
  const { repository } = demo;
  await repository.git("switch", "--quiet", "--orphan", "dstack-state");
  await repository.commit(await filesIn(example), "Example\n\nGeneration: 3\nNonce: 0f0e0d0c0b0a0908");
  await repository.git("switch", "--quiet", "main");
  await demo.edit({});
  const warning = containing("warning: web has waited since 2026-");

  const listed = await demo.run("ps", "--json");
  expect(listed.stderr).toEqual(warning);
  const services: unknown = JSON.parse(listed.stdout);
  expect(services).toMatchObject({
    services: [
      { name: "api", paused: true, overdueSince: null },
      { name: "web", overdueSince: containing("2026-") },
    ],
  });
  expect((await demo.run("ps", "api")).stderr).toBe("");

  const planned = await demo.run("plan", "--json");
  expect(planned.stderr).toEqual(containing("web has waited since 2026-"));
  const plan: unknown = JSON.parse(planned.stdout);
  expect(plan).toMatchObject({ diagnostics: including(like({ severity: "warning", code: "overdue" })) });

  expect((await demo.run("why", "web")).stderr).toEqual(warning);
  const why: unknown = JSON.parse((await demo.run("why", "web", "--json")).stdout);
  expect(why).toMatchObject({ overdueSince: containing("2026-") });
  expect((await demo.run("state", "show")).stderr).toEqual(warning);
  expect((await demo.run("state", "show", "api")).stderr).toBe("");
});

async function filesIn(directory: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [file.slice(directory.length + 1), await readFile(file, "utf8")] as const),
    ),
  );
}
