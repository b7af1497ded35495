import { expect, it } from "vitest";

import { run } from "../../src/run.ts";
import { createDemo } from "../support/demo.ts";
import { containing } from "../support/expecting.ts";
import { until } from "../support/witness.ts";

const other = "type: service\nname: other\nauth: false\nreplicas: 0\ncommands: [serve]\nport: 80\n";

it("an apply changes one wave after the other, and a wave that fails stops those after it", async () => {
  await using demo = await createDemo({
    settings: "policy: { rollout: { bake: 0s, startup: 4s }, waves: [[demo], [other, typo]] }",
  });
  await demo.edit({ replicas: 1, mode: "exits" });
  await demo.repository.write({ "other/.dstack.yml": other });
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

it("watch changes one wave after the other, too, and a wave that fails stops those after it", async () => {
  await using demo = await createDemo({
    settings: "policy: { rollout: { bake: 0s, startup: 4s }, waves: [[demo], [other]] }",
  });
  await demo.edit({ replicas: 1, mode: "exits" });
  await demo.repository.write({ "other/.dstack.yml": other });
  const program = demo.start("watch", "--down", "--json");
  let [said, happened] = ["", ""];
  program.stderr.on("data", (data: Buffer) => (said += data.toString()));
  program.stdout.on("data", (data: Buffer) => (happened += data.toString()));
  await until(async () => said.includes("Not begun: other. demo failed."));
  expect((await demo.run("ps")).stdout).not.toContain("other");

  await demo.edit({ replicas: 1, readyAfterMs: 1500 });
  await until(async () => (await demo.run("ps")).stdout.includes("other"));
  const settled = /has settled".*"service":"demo"/;
  expect(happened).toMatch(settled);
  expect(happened.slice(0, happened.search(settled))).not.toContain('"service":"other"');
  program.kill("SIGINT");
  expect((await program).exitCode).toBe(0);
});

it("an apply that is interrupted once a wave has settled accepts nothing of the next one", async () => {
  await using demo = await createDemo({
    settings: "policy: { rollout: { bake: 0s, startup: 4s }, waves: [[demo], [other]] }",
  });
  await demo.edit({ replicas: 1 });
  await demo.repository.write({ "other/.dstack.yml": other });
  const interrupted = new AbortController();
  let said = "";
  const exitCode = await run(["apply", "-y"], {
    stdout: () => undefined,
    stderr: (text) => {
      said += text;
      if (said.includes("demo record  deployment 0 has settled")) interrupted.abort();
    },
    terminal: false,
    colors: false,
    ask: async () => null,
    env: { ...process.env, ...demo.env },
    cwd: demo.repository.path,
    signal: interrupted.signal,
  });
  expect(said).toContain("Not begun: other");
  expect(exitCode).toBe(130);
  expect((await demo.run("ps")).stdout).not.toContain("other");
});
