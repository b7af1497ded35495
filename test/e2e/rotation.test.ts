import { expect, test } from "vitest";
import { z } from "zod";

import { createDemo } from "../support/demo.ts";

const key = { DSTACK_GITOPS_DIGEST_KEY: "a key of the tests, and random enough" };
const note = /demo.* SECRET has another value than replica 0 was given.*`restart demo`/;

test("a secret that was rotated is told everywhere, and rolled only by `restart`", async () => {
  await using demo = await createDemo();
  await demo.edit({ env: ["HIDDEN=${{ secrets.SECRET }}"], replicas: 1, readyAfterMs: 0 });
  const [old, other] = [{ SECRET: "one" }, { SECRET: "two" }];
  expect((await demo.run("apply", "-y", key, old)).exitCode).toBe(0);
  const before = await demo.processes();
  expect(JSON.stringify(await digests())).toMatch(
    /^\[\{"key":"[0-9a-f]{16}","values":\{"SECRET":"[0-9a-f]{16}"\}\}\]$/,
  );

  const quiet = [await demo.run("plan", key, old), await demo.run("plan", other)];
  const otherKey = { DSTACK_GITOPS_DIGEST_KEY: "another key, which tells nothing of the first" };
  quiet.push(await demo.run("plan", otherKey, other));
  for (const { stdout, stderr } of quiet) expect(`${stdout}${stderr}`).not.toContain("another value");

  const told = [
    await demo.run("plan", key, other),
    await demo.run("ps", key, other),
    await demo.run("why", "demo", key, other),
    await demo.run("tick", key, other),
  ];
  for (const { exitCode, stderr } of told)
    expect([exitCode, stderr.replaceAll(/\s+/g, " ")]).toEqual([0, expect.stringMatching(note)]);
  expect(told[3]?.stderr.match(/another value/g)).toHaveLength(1);
  const shown = await demo.run("ps", "--json", key, other);
  expect(JSON.parse(shown.stdout)).toMatchObject({ services: [{ rotated: [{ name: "SECRET", replicas: [0] }] }] });
  expect(await demo.processes()).toEqual(before);

  expect((await demo.run("restart", "demo", "-y", key, other)).exitCode).toBe(0);
  expect(await demo.processes()).not.toEqual(before);
  expect((await demo.run("plan", key, other)).stderr).not.toContain("another value");

  async function digests() {
    const { stdout } = await demo.run("state", "show", "demo", "--json");
    return Shown.parse(JSON.parse(stdout)).services.demo.record.replicas.map(({ digests }) => digests);
  }
}, 180_000);

test("without a key no digests are kept, and one that could be guessed is refused", async () => {
  await using demo = await createDemo();
  await demo.edit({ env: ["HIDDEN=${{ secrets.SECRET }}"], replicas: 1 });
  const short = await demo.run("apply", "-y", { SECRET: "one", DSTACK_GITOPS_DIGEST_KEY: "canary-key" });
  expect([short.exitCode, short.stderr]).toEqual([2, expect.stringContaining("error[short-digest-key]")]);
  expect(short.stderr).not.toContain("canary-key");
  expect((await demo.run("apply", "-y", { SECRET: "one", DSTACK_GITOPS_DIGEST_KEY: "" })).exitCode).toBe(0);
  expect((await demo.run("state", "show")).stdout).not.toContain("digests");
}, 180_000);

const Shown = z.object({
  services: z.object({
    demo: z.object({ record: z.object({ replicas: z.array(z.object({ digests: z.unknown() })) }) }),
  }),
});
