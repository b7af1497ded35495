import { expect, it } from "vitest";

import { git } from "../../src/git/git.ts";
import { createDemo, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { tempDirectory } from "../support/temp-repository.ts";

const token = "a-token-for-the-forge";

const settings = `state: { remote: origin }
policy:
  rollout: { startup: 20s, drain: 5s, bake: 0s }`;

/** The demo with its state on a forge that asks for a token. */
async function withForge(
  body: (demo: Demo, forge: { readonly url: string; readonly root: string }) => Promise<void>,
): Promise<void> {
  await using root = await tempDirectory();
  await git(["init", "--quiet", "--bare", "--initial-branch=main", `${root.path}/team.git`], { cwd: root.path });
  await git(["config", "http.receivepack", "true"], { cwd: `${root.path}/team.git` });
  await using forge = await startGitHttp(root.path, token);
  await using demo = await createDemo({ settings, env: { DSTACK_GITOPS_TOKEN: token } });
  const url = `${forge.url}/team.git`;
  await demo.repository.git("remote", "add", "origin", url);
  await body(demo, { url, root: root.path });
}

it("state lives on a remote over HTTP, and the local repository has no trace of it", async () => {
  await withForge(async (demo, { root }) => {
    await demo.edit({ version: "1" });
    const refs = await demo.repository.git("for-each-ref");
    const applied = await demo.run("apply", "-y");
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(await demo.repository.git("for-each-ref")).toBe(refs);
    const files = (await git(["ls-tree", "-r", "--name-only", "dstack-state"], { cwd: `${root}/team.git` })).text;
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
