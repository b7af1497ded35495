import { expect, it } from "vitest";

import { git } from "../../src/git/git.ts";
import { shownBy } from "../support/demo.ts";
import { withForge } from "../support/forge-demo.ts";

it("state lives on a remote over HTTP, and the local repository has no trace of it", async () => {
  await withForge(async (demo, { bare }) => {
    await demo.edit({ version: "1" });
    const refs = await demo.repository.git("for-each-ref");
    const applied = await demo.run("apply", "-y");
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(await demo.repository.git("for-each-ref")).toBe(refs);
    const files = (await git(["ls-tree", "-r", "--name-only", "dstack-state"], { cwd: bare })).text;
    expect(files).toContain("/demo.json");
    expect(files).toContain("README.md");

    await demo.edit({ version: "2" });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
    expect(await shownBy(demo)).toMatchObject({ status: "running", deployment: 1 });

    const refused = await demo.run("ps", { DSTACK_GITOPS_TOKEN: "wrong" });
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toMatch(/unauthorized|401/i);
    expect(refused.stderr).not.toContain("wrong");
  });
});

it("two applies at the same time never do the same thing twice", { timeout: 180_000 }, async () => {
  await withForge(async (demo) => {
    await demo.edit({ version: "1" });
    const both = await Promise.all([demo.run("apply", "-y"), demo.run("apply", "-y")]);
    // One of them may find that the other has accepted the very same: then there is nothing left for it to do.
    for (const { exitCode, stderr } of both) expect([0, 4, 5, 6], stderr).toContain(exitCode);
    expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });
    const shown = await shownBy(demo);
    expect(shown?.replicas.map((replica) => [replica.num, replica.status, replica.ready])).toEqual([
      [0, "running", true],
      [1, "running", true],
    ]);
    expect(await demo.processes()).toHaveLength(2);
  });
});
