import { expect, it } from "vitest";

import { createDemo } from "../support/demo.ts";
import { containing } from "../support/expecting.ts";

it("an apply changes one wave after the other, and a wave that fails stops those after it", async () => {
  await using demo = await createDemo({
    settings: "policy: { rollout: { bake: 0s, startup: 4s }, waves: [[demo], [other, typo]] }",
  });
  await demo.edit({ replicas: 1, mode: "exits" });
  await demo.repository.write({
    "other/.dstack.yml": "type: service\nname: other\nauth: false\nreplicas: 0\ncommands: [serve]\nport: 80\n",
  });
  const validated = await demo.run("validate");
  expect(validated).toMatchObject({ exitCode: 0 });
  expect(validated.stdout + validated.stderr).toContain("the settings name `typo`");
  expect((await demo.run("plan")).stdout).toContain("order: wave 2 of 2: changed once demo has settled");

  const failed = await demo.run("apply", "-y");
  expect(failed).toMatchObject({ exitCode: 1, stderr: containing("Not begun: other.") });
  expect((await demo.run("ps")).stdout).not.toContain("other");

  await demo.edit({ replicas: 1 });
  const applied = await demo.run("apply", "-y");
  expect(applied, applied.stderr).toMatchObject({ exitCode: 0, stderr: containing("2 of 2 planned changes done") });
  expect((await demo.run("ps")).stdout).toContain("other");
});
