import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { expect, it } from "vitest";
import { z } from "zod";

import { createDemo, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { containing } from "../support/expecting.ts";
import { until } from "../support/witness.ts";

const Meta = z.looseObject({ token: z.string(), instance: z.string() });

/** Makes one more instance be listed, of a later attempt than any that is recorded. Disposing of it takes it away. */
async function startStray(demo: Demo): Promise<AsyncDisposable> {
  const base = join(demo.env["XDG_STATE_HOME"] ?? "", "dstack-gitops");
  const [file = ""] = (await readdir(base, { recursive: true })).filter((path) => path.endsWith("meta.json"));
  const meta = Meta.parse(JSON.parse(await readFile(join(base, file), "utf8")));
  const token = meta.token.replace(/\d+$/, "99");
  const directory = join(base, dirname(file)).replace(meta.token, token);
  await mkdir(directory);
  const stray = { ...meta, token, instance: meta.instance.replace(meta.token, token) };
  await writeFile(join(directory, "meta.json"), JSON.stringify(stray));
  return { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** A second service like the first. */
async function addOther(demo: Demo): Promise<void> {
  const text = await readFile(join(demo.repository.path, ".dstack.yml"), "utf8");
  await demo.repository.write({ "other.dstack.yml": text.replace(/^name: demo$/m, "name: other") });
}

it("what runs unknown of one service holds back that one alone", { timeout: 120_000 }, async () => {
  await using demo = await createDemo();
  await demo.edit({ replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  await using stray = await startStray(demo);
  await addOther(demo);

  const applied = await demo.run("apply", "-y");
  expect(applied).toMatchObject({ exitCode: 1, stderr: containing("1 of 1 planned changes done") });
  expect(await demo.processes()).toHaveLength(2);
  await demo.edit({ replicas: 1, version: "2" });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 4, stderr: containing("does not know") });

  // Its replica is ended once the gateways no longer have it.
  const destroyed = await demo.run("destroy", "other", "-y", "--timeout", "60s");
  expect(destroyed.exitCode, destroyed.stderr).toBe(0);
  expect(await demo.processes()).toHaveLength(1);
  await stray[Symbol.asyncDispose]();
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
});

it("watch says once what it does not know, and takes up an edit when that is gone", { timeout: 120_000 }, async () => {
  await using demo = await createDemo();
  await demo.edit({ replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const stray = await startStray(demo);
  const watch = demo.start("watch", "--no-gateway");
  let said = "";
  watch.stderr.on("data", (data: Buffer) => (said += data.toString()));
  await until(async () => said.includes("is not recorded"));
  await demo.edit({ replicas: 1, version: "2" });
  await until(async () => said.includes("Nothing was changed"));
  await stray[Symbol.asyncDispose]();
  await until(async () => (await shownBy(demo))?.deployment === 1);
  watch.kill("SIGINT");
  await watch;
  expect(said.split("is not recorded")).toHaveLength(2);
});
