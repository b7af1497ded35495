import { expect, it } from "vitest";
import { z } from "zod";

import { git } from "../../src/git/git.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { createDemo } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { handClock } from "../support/history-bench.ts";
import { stateBranch, stateBranchIn } from "../support/state-branch.ts";
import { recordOf } from "../support/state-values.ts";
import { tempDirectory } from "../support/temp-repository.ts";

const History = z.object({
  version: z.literal(1),
  complete: z.boolean(),
  commits: z.array(
    z.object({
      generation: z.number(),
      commit: z.string(),
      what: z.string(),
      by: z.string().nullable(),
      byHand: z.boolean(),
    }),
  ),
});

it("tells what happened, shows the state as it was, and what differs", { timeout: 180_000 }, async () => {
  await using demo = await createDemo({ env: { USER: "ada", GITHUB_ACTOR: "" } });
  await demo.edit({ version: "1", replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  expect(await demo.run("pause", "demo", "-y")).toMatchObject({ exitCode: 0 });
  const record = await stateBranchIn(demo.repository.path).file("services/2a/demo.json");
  expect(record).not.toBeNull();
  await stateBranchIn(demo.repository.path).edit({ NOTES: "by hand\n" });

  const listed = await demo.run("state", "history", "--json");
  expect(listed.exitCode, listed.stderr).toBe(0);
  const history = History.parse(JSON.parse(listed.stdout));
  expect(history.complete).toBe(true);
  const [first, paused] = [history.commits.at(-1), history.commits.find(({ what }) => what === "demo: paused by ada")];
  expect(first).toMatchObject({ generation: 1, what: "demo: deployment 0 accepted by ada", by: "ada", byHand: false });
  expect(paused).toMatchObject({ by: "ada" });
  expect(history.commits[0]).toMatchObject({ what: "By hand", byHand: true, by: "Test" });
  const text = await demo.run("state", "history", "demo", "--limit", "1");
  expect(text.stdout).toMatch(/ g\d+ .* record +demo: paused by ada/);
  expect(text.stderr).toContain("There is more: `--limit 2`.");

  const shown = await demo.run("state", "show", "demo", "--at", paused?.commit.slice(0, 8) ?? "");
  expect(JSON.parse(shown.stdout)).toMatchObject({
    commit: paused?.commit,
    generation: paused?.generation,
    services: { demo: { record: { paused: { by: "ada" } } } },
  });
  const before = await demo.run("state", "show", "demo", "--at", "g1");
  expect(JSON.parse(before.stdout)).toMatchObject({ services: { demo: { record: { paused: null } } } });
  const diff = await demo.run("state", "diff", "g1");
  expect(diff.stdout).toContain(`From g1 to g${history.commits[0]?.generation}, of services: 1 changed.`);
  expect(diff.stdout).toContain("+ replica 0: deployment 0, running, ready, on local");
  expect(diff.stdout).toContain("+ paused: by ada since ");

  const refusals = [
    [["state", "show", "--at", "1d"], /error\[no-such-state\][^]*there is everything from g1 \(.*\) to g\d+ \(/],
    [["state", "diff", "what"], /error\[invalid-moment\]/],
    [["state", "history", "--since", "what"], /error\[invalid-time\]/],
    [["state", "show", "nope", "--at", "g1"], /error\[unknown-service\]/],
  ] as const;
  await Promise.all(
    refusals.map(async ([args, said]) => {
      const refused = await demo.run(...args);
      expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringMatching(said)]);
    }),
  );
});

it(
  "a tick compacts what is more than the settings keep; who kept it can verify that",
  { timeout: 240_000 },
  async () => {
    await using root = await tempDirectory();
    const bare = `${root.path}/team.git`;
    await git(["init", "--quiet", "--bare", "--initial-branch=main", bare], { cwd: root.path });
    await git(["config", "http.receivepack", "true"], { cwd: bare });
    await git(["config", "uploadpack.allowFilter", "true"], { cwd: bare });
    await using forge = await startGitHttp(root.path, null);
    await using demo = await createDemo({ settings: "state: { remote: origin, history: { commits: 100 } }" });
    await demo.repository.git("remote", "add", "origin", `${forge.url}/team.git`);
    // Written straight into the repository, an hour apart, long ago.
    const clock = handClock();
    const paused = { at: "2026-01-01T00:00:00.000Z", by: "ada" };
    {
      await using store = gitBranchStore({ root: bare, branch: stateBranch, remote: null, clock });
      let basis = await store.load();
      for (let attempts = 1; attempts <= 101; attempts += 1) {
        clock.advance(60 * 60_000);
        const services = [{ name: "web", record: recordOf("web", { attempts, paused }) }];
        basis = await store.commit({ message: `web: attempt ${attempts}`, services, basis });
      }
    }
    const kept = `${root.path}/kept.bundle`;
    await git(["bundle", "create", kept, stateBranch], { cwd: bare });
    await git(["config", "receive.denyNonFastForwards", "true"], { cwd: bare });
    const refused = await demo.run("tick");
    expect(refused.exitCode, refused.stderr).toBe(0);
    expect(refused.stderr).toMatch(
      /warning: the history of the state was not compacted: .*; it takes a forced push: allow that/,
    );
    await git(["config", "receive.denyNonFastForwards", "false"], { cwd: bare });

    const ticked = await demo.run("tick");
    expect(ticked.exitCode, ticked.stderr).toBe(0);
    expect(ticked.stderr).toContain("History of the state up to g51 is summarised; it goes back to g52.");
    const listed = await demo.run("state", "history", "web", "--limit", "200");
    expect(listed.stdout.trim().split("\n")).toHaveLength(1 + 50);
    expect(listed.stderr).toContain("51 commits, from 2026-01-01T01:00:00.000Z to g51");
    expect(listed.stderr).toContain("51 of them were about web");
    expect((await demo.run("tick")).stderr).not.toContain("summarised");

    const verified = await demo.run("state", "history", "--verify", kept);
    expect(verified.exitCode, verified.stderr).toBe(0);
    expect(verified.stdout).toMatch(
      /^Verified: the 101 commits up to g101 .*; 51 of them are summarised\.\n50 commits that are in the branch are as they were\.$/,
    );
    // By hand, as `state/README.md` says.
    const digest = await git(["rev-list", "--first-parent", "--reverse", "refs/kept"], {
      cwd: (await bundleOf(kept, root.path)).path,
    });
    const { hash } = await import("node:crypto");
    const summary = z
      .object({ digest: z.string() })
      .parse(JSON.parse((await stateBranchIn(bare).file("history.json")) ?? ""));
    expect(summary.digest).toBe(`sha256:${hash("sha256", `${digest.text}\n`)}`);

    await stateBranchIn(bare).edit({
      "history.json": ((await stateBranchIn(bare).file("history.json")) ?? "").replace(
        /"digest": "sha256:../,
        '"digest": "sha256:00',
      ),
    });
    expect(await demo.run("state", "history", "--verify", kept)).toMatchObject({ exitCode: 1 });
    const other = await demo.run("state", "history", "--verify", demo.repository.path);
    expect(other.stderr).toContain("it has no commit");
  },
);

async function bundleOf(bundle: string, directory: string): Promise<{ readonly path: string }> {
  const path = `${directory}/again.git`;
  await git(["init", "--quiet", "--bare", path], { cwd: directory });
  await git(["fetch", "--quiet", bundle, `refs/heads/${stateBranch}:refs/kept`], { cwd: path });
  return { path };
}
