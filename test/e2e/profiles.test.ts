import { expect, it } from "vitest";

import { createDemo } from "../support/demo.ts";
import { containing } from "../support/expecting.ts";

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
