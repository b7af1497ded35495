import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import { git } from "../../src/git/git.ts";
import { createDemo, replicasDirectoryOf, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { tempDirectory } from "../support/temp-repository.ts";

const cli = join(import.meta.dirname, "../../src/cli.ts");
const freeze = join(import.meta.dirname, "../fixtures/freeze.mjs");
const Frozen = z.object({ pid: z.number(), child: z.number().nullable() });

/** One clock, so that the deadline is exact; short, so that it is not waited for long. */
const settings = `state: { remote: origin, lease: { ttl: 6s, skew: 0s } }
policy:
  rollout: { startup: 60s, drain: 1s, bake: 0s }`;

/** Starts an apply that stops itself at a place; resolves once it stands still. */
async function startFrozen(demo: Demo, place: string) {
  const file = join(demo.env["XDG_STATE_HOME"] ?? "", "frozen.json");
  const running = execa(process.execPath, ["--import", freeze, cli, "apply", "-y"], {
    cwd: demo.repository.path,
    env: { ...demo.env, FREEZE_AT: place, FREEZE_FILE: file },
    reject: false,
    stdin: "ignore",
  });
  const read = async (): Promise<string | null> => readFile(file, "utf8").catch(() => null);
  await expect.poll(read, { timeout: 60_000 }).not.toBeNull();
  const pids = Frozen.parse(JSON.parse((await read()) ?? ""));
  const stopped = async (): Promise<boolean> =>
    /^State:\s+T/m.test(await readFile(`/proc/${pids.pid}/status`, "utf8").catch(() => ""));
  await expect.poll(stopped, { timeout: 10_000 }).toBe(true);
  onTestFinished(() => void running.kill("SIGKILL"));
  return {
    async wake() {
      if (pids.child !== null) process.kill(-pids.child, "SIGCONT");
      process.kill(pids.pid, "SIGCONT");
      return running;
    },
  };
}

/** Everything that somebody else could touch: the record, what runs, and what is kept of it on this host. */
async function everythingOf(demo: Demo, bare: string) {
  const path = (await git(["ls-tree", "-r", "--name-only", "dstack-state", "services"], { cwd: bare })).text;
  const names = await readdir(await replicasDirectoryOf(demo));
  return {
    record: (await git(["show", `dstack-state:${path}`], { cwd: bare })).text,
    shown: await shownBy(demo),
    processes: await demo.processes(),
    replicas: names.filter((name) => !name.startsWith(".")),
    // What somebody prepares, or removes, out of sight.
    underWay: names.filter((name) => name.startsWith(".")).length,
  };
}

it.each([
  // Decided, and nothing written yet.
  "before push 2",
  // Its write lands, or is still on its way, and it hears of neither.
  "during push 2",
  "during push 2 with git",
  // What it announced is written, and the provider was not asked.
  "after push 2",
  // The provider is at work for it.
  "during supervisor 1",
  // The new replica serves, and the old one is to go.
  "before push 3",
  "after push 3",
])(
  "a run that stands still past its lease, %s, and wakes after another took over, touches nothing of it",
  { timeout: 180_000 },
  async (place) => {
    await using root = await tempDirectory();
    const bare = `${root.path}/team.git`;
    await git(["init", "--quiet", "--bare", "--initial-branch=main", bare], { cwd: root.path });
    await using forge = await startGitHttp(root.path, null);
    await using demo = await createDemo({ settings });
    await demo.repository.git("remote", "add", "origin", `${forge.url}/team.git`);
    await demo.edit({ version: "1", replicas: 1 });
    expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });

    await demo.edit({ version: "2", replicas: 1 });
    const frozen = await startFrozen(demo, place);
    await demo.edit({ version: "3", replicas: 1 });
    const other = await demo.run("apply", "-y", "--wait", "100s");
    expect(other, other.stderr).toMatchObject({ exitCode: 0 });
    const before = await everythingOf(demo, bare);
    expect(before.shown).toMatchObject({ deployment: 2, replicas: [{ deployment: 2, ready: true }] });
    expect(before.processes).toHaveLength(1);

    const woken = await frozen.wake();
    expect(woken.exitCode, woken.stderr).toBe(6);
    expect(woken.stderr).toContain("a newer revision was accepted; its run goes on");
    expect(await everythingOf(demo, bare)).toEqual({ ...before, underWay: 0 });
  },
);
