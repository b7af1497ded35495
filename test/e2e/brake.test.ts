import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { createDemo, shownBy } from "../support/demo.ts";
import { containing } from "../support/expecting.ts";

it("replicas that all vanish from sight at once are kept until they are seen again, or somebody consents", async () => {
  await using demo = await createDemo();
  await demo.edit({ replicas: 4 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const before = await shownBy(demo);

  // As if a disk that is not mounted were empty.
  const home = join(demo.env["XDG_STATE_HOME"] ?? "", "dstack-gitops");
  const [repository = ""] = await readdir(home);
  const [there, away] = [join(home, repository, "replicas"), join(home, repository, "away")];
  await rename(there, away);
  expect(await demo.run("tick", "--attend", "3s")).toMatchObject({
    exitCode: 6,
    stderr: containing("braked: 4 of 4 running replicas would be given up within an hour"),
  });
  expect(await demo.processes()).toHaveLength(4);
  expect(await shownBy(demo)).toMatchObject({ verdict: "braked" });
  expect((await demo.run("why", "demo")).stdout).toContain("Verdict braked");

  await rename(away, there);
  expect(await demo.run("tick")).toMatchObject({ exitCode: 0, stderr: containing("everything is seen again") });
  expect(await shownBy(demo)).toEqual(before);
  expect(await demo.run("retry", "demo", "-y")).toMatchObject({ exitCode: 0, stderr: containing("held back") });

  await rename(there, away);
  expect(await demo.run("tick", "--attend", "3s")).toMatchObject({ exitCode: 6 });
  expect(await demo.run("retry", "demo", "-y")).toMatchObject({ exitCode: 0 });
  const replaced = await shownBy(demo);
  expect(replaced).toMatchObject({ verdict: null, replicas: { length: 4 } });
  expect(replaced?.replicas.some(({ token }) => before?.replicas.some((old) => old.token === token))).toBe(false);
});
