import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import { createDemo, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { containing } from "../support/expecting.ts";
import { startGitHubApi } from "../support/github-api.ts";
import { leaseOf, ownerOf } from "../support/state-values.ts";
import { repositoryAt, tempDirectory } from "../support/temp-repository.ts";

const timeout = 180_000;

/** Long enough that nothing ends by itself while it is looked at. */
const settings = `policy:
  rollout: { startup: 10m, drain: 1s, bake: 0s }`;

const Shown = z.object({
  services: z.object({
    demo: z.object({
      record: z.object({ target: z.object({ deployment: z.number() }) }),
      lease: z.object({ fence: z.number(), owner: z.object({ pid: z.number() }) }).nullable(),
    }),
  }),
});

async function stateOf(demo: Demo) {
  const { stdout } = await demo.run("state", "show", "demo");
  const shown = Shown.safeParse(JSON.parse(stdout === "" ? "null" : stdout)).data?.services.demo;
  return {
    pid: shown?.lease?.owner.pid ?? null,
    fence: shown?.lease?.fence ?? 0,
    target: shown?.record.target.deployment,
  };
}

/** Looks at the state until it is as it is to be; `null` when that does not come. */
async function until(
  demo: Demo,
  holds: (state: Awaited<ReturnType<typeof stateOf>>) => boolean,
  ms = 60_000,
): Promise<number> {
  const begun = Date.now();
  for (;;) {
    if (holds(await stateOf(demo))) return Date.now() - begun;
    if (Date.now() - begun > ms) throw new Error(`not so after ${ms} ms: ${JSON.stringify(await stateOf(demo))}`);
  }
}

/** Everything that a running program has said so far. */
function listen(program: ReturnType<Demo["start"]>): { text: string } {
  const heard = { text: "" };
  for (const stream of [program.stdout, program.stderr])
    stream.on("data", (chunk: Buffer) => void (heard.text += chunk.toString()));
  return heard;
}

/** Makes an apply stand still once it works on the service: it hands nothing over, and is not dead. */
async function freezeHolder(demo: Demo, holder: ReturnType<Demo["start"]>): Promise<void> {
  onTestFinished(() => void holder.kill("SIGKILL"));
  await until(demo, ({ pid }) => pid === holder.pid);
  holder.kill("SIGSTOP");
}

it("who waits for a run says so, and takes over within seconds when it is killed", { timeout }, async () => {
  await using demo = await createDemo({ settings });
  await demo.edit({ mode: "never-ready", replicas: 1 });
  const holder = demo.start("apply", "-y");
  await freezeHolder(demo, holder);
  const waiter = demo.start("restart", "demo", "-y", "--wait", "10m");
  const heard = listen(waiter);
  await expect
    .poll(() => heard.text, { timeout: 60_000 })
    .toMatch(/demo wait +for .*:\d+, who has it since .*; it is alive/);
  expect((await stateOf(demo)).pid).toBe(holder.pid);
  holder.kill("SIGKILL");
  await holder;
  // Its lease has a quarter of an hour left.
  expect(await until(demo, ({ pid }) => pid === waiter.pid)).toBeLessThan(30_000);
  waiter.kill("SIGINT");
  expect((await waiter).exitCode).toBe(130);
  expect((await stateOf(demo)).pid).toBeNull();
});

it("who does not want to wait is told whom it would be for, until when, and what to do", { timeout }, async () => {
  await using demo = await createDemo({ settings });
  await demo.edit({ mode: "never-ready", replicas: 1 });
  const holder = demo.start("apply", "-y");
  await freezeHolder(demo, holder);
  const { exitCode, stderr } = await demo.run("restart", "demo", "-y", "--wait", "0s");
  expect(exitCode).toBe(5);
  expect(stderr).toMatch(/:\d+ works on it, which is alive, until \d{4}-.*Z at the latest/);
  expect(stderr).toContain("`dstack-gitops state unlock demo`");
  expect(stderr).not.toContain(" wait ");
  holder.kill("SIGKILL");
  await holder;
});

it(
  "of two that wait, the one with the older acceptance gives up; the newest is done, and alone",
  { timeout },
  async () => {
    await using demo = await createDemo({ settings });
    await demo.edit({ version: "1", mode: "never-ready", replicas: 1 });
    const holder = demo.start("apply", "-y");
    // Nobody gets anything from it before both wait.
    await freezeHolder(demo, holder);
    await demo.edit({ version: "2", replicas: 1 });
    const older = demo.start("apply", "-y", "--wait", "10m");
    const said = listen(older);
    await until(demo, ({ target }) => target === 1);
    await demo.edit({ version: "3", replicas: 1 });
    const newest = demo.start("apply", "-y", "--wait", "10m");
    await until(demo, ({ target }) => target === 2);
    expect((await older).exitCode).toBe(6);
    expect(said.text).toContain("a newer revision was accepted; its run goes on");
    const subjects = await demo.repository.git("log", "--format=%s", "dstack-state");
    expect(subjects.split("\n")[0]).toMatch(/^demo: deployment 2 accepted by/);
    expect((await stateOf(demo)).pid).toBe(holder.pid);

    const told = listen(holder);
    holder.kill("SIGCONT");
    expect((await holder).exitCode).toBe(6);
    expect(told.text).toContain("a newer revision was accepted");
    expect((await newest).exitCode).toBe(0);
    expect(await shownBy(demo)).toMatchObject({
      deployment: 2,
      replicas: [{ deployment: 2, status: "running", ready: true }],
    });
    expect(await demo.processes()).toHaveLength(1);
  },
);

it(
  "`state unlock` lists leases, takes a dead run's, and one of a run that lives only by force",
  { timeout },
  async () => {
    await using demo = await createDemo({ settings });
    expect(await demo.run("state", "unlock", "demo", "-y")).toMatchObject({
      exitCode: 2,
      stderr: containing("no service called demo"),
    });
    expect((await demo.run("state", "unlock")).stdout).toBe("Nobody works on anything.");
    await demo.edit({ mode: "never-ready", replicas: 1 });
    const holder = demo.start("apply", "-y");
    await until(demo, ({ pid }) => pid === holder.pid);
    const { fence } = await stateOf(demo);

    const listed: unknown = JSON.parse((await demo.run("state", "unlock", "--json")).stdout);
    expect(listed).toMatchObject({
      version: 1,
      leases: [{ service: "demo", attempt: 1, alive: true, free: false, fence }],
    });
    expect((await demo.run("state", "unlock")).stdout).toMatch(
      /SERVICE +OWNER +ALIVE +SINCE +UNTIL\n demo +\S+:\d+ +yes +\d{4}-/,
    );
    expect(await demo.run("state", "unlock", "demo", "-y")).toMatchObject({
      exitCode: 5,
      stderr: containing("which is alive"),
    });
    expect(await demo.run("state", "unlock", "demo", "--force")).toMatchObject({ exitCode: 4 });
    expect((await stateOf(demo)).pid).toBe(holder.pid);

    // By force: whoever had it finds out with its next write, and has to take it anew, under a higher fence.
    expect(await demo.run("state", "unlock", "demo", "--force", "-y")).toMatchObject({
      exitCode: 0,
      stderr: containing("Unlocked: demo"),
    });
    holder.kill("SIGKILL");
    await holder;
    expect((await demo.run("state", "unlock", "demo", "-y")).stderr).toContain("Nobody works on demo");

    const second = demo.start("restart", "demo", "-y");
    await until(demo, ({ pid }) => pid === second.pid);
    expect((await stateOf(demo)).fence).toBeGreaterThan(fence);
    second.kill("SIGKILL");
    await second;
    expect((await demo.run("state", "unlock", "demo")).exitCode).toBe(4);
    expect(JSON.parse((await demo.run("state", "unlock", "demo", "-y", "--json")).stdout)).toEqual({
      version: 1,
      name: "demo",
      unlocked: true,
    });
    expect((await stateOf(demo)).pid).toBeNull();
  },
);

it("a workflow's run elsewhere is waited for as long as GitHub says that it goes on", { timeout }, async () => {
  const token = "ghs_never-to-be-shown";
  await using api = await startGitHubApi(token);
  await using demo = await createDemo({ settings, env: { GITHUB_TOKEN: token, GITHUB_API_URL: api.url } });
  await using directory = await tempDirectory();
  await demo.edit({ replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const [path = ""] = (await demo.repository.git("ls-tree", "-r", "--name-only", "dstack-state", "services")).split(
    "\n",
  );
  const owner = ownerOf("theirs", {
    run: "acme/shop/runs/42",
    attempt: 2,
    host: "elsewhere",
    github: { api: api.url },
  });
  const lease = { ...leaseOf("theirs", 1), owner, deadline: new Date(Date.now() + 900_000).toISOString() };
  const tree = join(directory.path, "state");
  await demo.repository.git("worktree", "add", "--quiet", tree, "dstack-state");
  await repositoryAt(tree).commit({ [path.replace("services", "leases")]: `${JSON.stringify(lease, null, 2)}\n` });

  const attempt = "/repos/acme/shop/actions/runs/42/attempts/2";
  api.resources.set(attempt, { status: "in_progress" });
  const waited = await demo.run("restart", "demo", "-y", "--wait", "1s");
  expect(waited, waited.stderr).toMatchObject({ exitCode: 5 });
  expect(waited.stderr).toContain("acme/shop/runs/42 (attempt 2) works on it, which is alive");
  api.resources.set(attempt, { status: "completed" });
  const taken = await demo.run("restart", "demo", "-y", "--wait", "1s");
  expect(taken, taken.stderr).toMatchObject({ exitCode: 0 });
  for (const { stdout, stderr } of [waited, taken]) expect(stdout + stderr).not.toContain(token);
});
