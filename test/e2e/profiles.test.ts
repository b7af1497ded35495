import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { createDemo } from "../support/demo.ts";
import { containing } from "../support/expecting.ts";
import { tempDirectory } from "../support/temp-repository.ts";

it("services are read with a profile, and its edits are changes with their lines", async () => {
  await using demo = await createDemo({ env: { DSTACK_NO_PROFILE: "" } });
  const profiles = (price: number): string =>
    `profiles:\n  - name: main\n    default: true\n    max_price: ${price}\n  - name: far\n    regions: [mars]\n`;
  await demo.edit({ replicas: 1 });
  await demo.repository.write({ ".dstack/profiles.yml": profiles(1) });
  const applied = await demo.run("apply", "-y");
  expect(applied, applied.stderr).toMatchObject({
    exitCode: 0,
    stderr: containing("Profile: main (.dstack/profiles.yml)"),
  });

  await demo.repository.write({ ".dstack/profiles.yml": profiles(2) });
  expect(JSON.parse((await demo.run("plan", "--json")).stdout)).toMatchObject({
    profile: "main",
    services: [{ action: "restart", changes: [{ property: "max_price", file: ".dstack/profiles.yml", line: 4 }] }],
  });
  expect(JSON.parse((await demo.run("plan", "--json", "--no-profile")).stdout)).toMatchObject({
    profile: null,
    services: [{ action: "restart", changes: [{ property: "max_price", file: null, line: null }] }],
  });
  expect((await demo.run("plan", "--profile", "far")).stdout).toContain(
    "every offer is turned down by `regions: [mars]`",
  );
  const named = { DSTACK_PROFILE: "far" };
  expect(JSON.parse((await demo.run("validate", "--json", named)).stdout)).toMatchObject({
    services: [{ spec: { regions: ["mars"], max_price: null } }],
  });
  expect(await demo.run("plan", "--profile", "fra")).toMatchObject({
    exitCode: 2,
    stderr: containing("No such profile: fra"),
  });
});

it("this machine's profile is used, and said to be", async () => {
  await using demo = await createDemo({ env: { DSTACK_NO_PROFILE: "" } });
  await demo.edit({ replicas: 1 });
  await demo.repository.write({ "home/.dstack/profiles.yml": "profiles: [{name: mine, max_price: 3}]\n" });
  const home = { HOME: `${demo.repository.path}/home` };
  const planned = await demo.run("plan", "--profile", "mine", home);
  expect(planned).toMatchObject({ exitCode: 0, stdout: containing("Profile: mine (~/.dstack/profiles.yml)") });
  expect(planned.stderr).toContain("is this machine's");
});

it("this machine's profiles are looked at only where the repository's do not answer", async () => {
  await using demo = await createDemo({ env: { DSTACK_NO_PROFILE: "" } });
  await demo.edit({ replicas: 1 });
  await demo.repository.write({
    ".dstack/profiles.yml": "profiles: [{name: main, default: true, max_price: 1}]\n",
    "home/.dstack/profiles.yml": "profiles: [{name: mine, max_prize: 3}]\n",
  });
  const home = { HOME: `${demo.repository.path}/home` };
  expect(await demo.run("plan", home)).toMatchObject({
    exitCode: 0,
    stdout: containing("Profile: main (.dstack/profiles.yml)"),
  });
  expect(await demo.run("plan", "--profile", "mine", home)).toMatchObject({
    exitCode: 2,
    stderr: containing(
      "~/.dstack/profiles.yml:1:25: error[unknown-property]: unknown property `max_prize`\n  1 | profiles: [{name: mine, max_prize: 3}]\n    |                         ^^^^^^^^^\n",
    ),
  });
});

it.each([
  ["the working directory, outside of a repository", ".", ".dstack/profiles.yml"],
  ["the root of the repository around it", "services", "../.dstack/profiles.yml"],
])("files that are named take the profiles of %s", async (_, folder, called) => {
  await using directory = await tempDirectory();
  await using demo = await createDemo({ env: { DSTACK_NO_PROFILE: "" } });
  const cwd = join(directory.path, folder);
  await Promise.all([cwd, join(directory.path, ".dstack")].map((path) => mkdir(path, { recursive: true })));
  if (folder !== ".") await mkdir(join(directory.path, ".git"));
  const service = "type: service\nname: web\nport: 80\nimage: x\n";
  await writeFile(
    join(directory.path, ".dstack/profiles.yml"),
    "profiles:\n- {name: p, default: true, regions: [r]}\n",
  );
  await writeFile(join(cwd, "old.yml"), `${service}regions: [s]\n`);
  await writeFile(join(cwd, "new.yml"), service);
  const run = (...args: readonly (string | Readonly<Record<string, string>>)[]) =>
    demo.run(...args, "-C", cwd, { HOME: "/nobody" });
  expect(JSON.parse((await run("validate", "--json", "new.yml")).stdout)).toMatchObject({
    profile: "p",
    services: [{ name: "web", spec: { regions: ["r"] } }],
    diagnostics: [],
  });
  expect(JSON.parse((await run("diff", "--json", "old.yml", "new.yml")).stdout)).toMatchObject({
    profile: "p",
    changes: [{ property: "regions", file: called, line: 2 }],
  });
  expect((await run("diff", "old.yml", "new.yml")).stdout).toContain(`${called}:2`);
  const off = { DSTACK_NO_PROFILE: "off" };
  expect(JSON.parse((await run("diff", "--json", "old.yml", "new.yml", off)).stdout)).toMatchObject({ profile: "p" });
  const none = { DSTACK_NO_PROFILE: "1" };
  expect(JSON.parse((await run("diff", "--json", "old.yml", "new.yml", none)).stdout)).toMatchObject({
    profile: null,
    changes: [{ property: "regions", file: "OLD", line: 5 }],
  });
  expect(await run("diff", "old.yml", "new.yml", { DSTACK_NO_PROFILE: "maybe" })).toMatchObject({
    exitCode: 2,
    stderr: containing("expected DSTACK_NO_PROFILE to be `1` or `0`"),
  });
});
