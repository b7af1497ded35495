import { setTimeout as sleep } from "node:timers/promises";

import { expect, it } from "vitest";

import { createDemo, shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { containing, including, like, matching } from "../support/expecting.ts";

const json = (text: string): unknown => JSON.parse(text);

it("plan, apply, ps, logs, why, restart, scale and destroy tell the same story, to people and programs", async () => {
  await using demo = await createDemo();
  await demo.edit({ version: "1" });

  const planned = await demo.run("plan", "--json", "--detailed-exitcode", "--out", "plan.json");
  expect(planned.exitCode).toBe(3);
  expect(json(planned.stdout)).toMatchObject({
    version: 1,
    id: matching(/^sha256:[0-9a-f]{64}$/),
    base: null,
    services: [
      {
        name: "demo",
        file: ".dstack.yml",
        action: "create",
        deployment: { from: null, to: 0 },
        replicas: { current: 0, min: 2, max: 2 },
        price: { currency: "USD", unit: "hour", before: 0, after: 0, max: 0 },
        offers: [{ backend: "local", price: 0, availability: "available" }],
        timeline: including(like({ event: "provision", replica: 1 })),
      },
    ],
    diagnostics: [],
  });
  expect(await demo.repository.git("branch", "--list", "dstack-state")).toBe("");

  // Nobody to ask, and no consent.
  expect(await demo.run("apply")).toMatchObject({ exitCode: 4 });
  expect(await demo.repository.git("branch", "--list", "dstack-state")).toBe("");

  const applied = await demo.run("apply", "-y", "--json", "--plan", "plan.json");
  expect(applied.exitCode, applied.stderr).toBe(0);
  const events = applied.stdout.split("\n").map(json);
  expect(events).toEqual(
    including(like({ version: 1, event: "provision", service: "demo", replica: 0, deployment: 0 })),
  );
  expect(events.at(-1)).toMatchObject({
    event: "outcome",
    ok: true,
    planned: 1,
    done: 1,
    services: [{ name: "demo", result: "settled", verdict: null }],
  });

  expect(await demo.run("plan", "--detailed-exitcode")).toMatchObject({ exitCode: 0, stdout: "Plan: 1 unchanged." });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0, stderr: containing("Nothing was to be done.") });
  expect((await demo.run("ps", "-v")).stdout).toMatch(/replica=1 deployment=0 +local \(local\) .* running +✓/);
  expect((await demo.run("logs", "demo", "--replica", "1")).stdout).toBe("version 1 listens, token none");
  expect((await demo.run("why", "demo")).stdout).toContain("Deployment 0 settled");
  expect(await demo.run("logs", "nobody")).toMatchObject({ exitCode: 2, stderr: containing("deployed are: demo") });

  const before = await shownBy(demo);
  await demo.edit({ version: "1", replicas: 3 });
  expect((await demo.run("plan")).stdout).toContain("- replicas (in-place)");
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const scaled = await shownBy(demo);
  expect(scaled?.replicas.slice(0, 2).map((replica) => replica.token)).toEqual(
    before?.replicas.map((replica) => replica.token),
  );
  expect(scaled?.replicas).toHaveLength(3);

  // A plan that was kept does not hold any more.
  expect(await demo.run("apply", "-y", "--plan", "plan.json")).toMatchObject({ exitCode: 4 });

  expect(await demo.run("restart", "demo", "-y")).toMatchObject({ exitCode: 0 });
  const restarted = await shownBy(demo);
  expect(restarted?.replicas.map((replica) => replica.deployment)).toEqual([2, 2, 2]);
  expect(restarted?.replicas.filter((replica) => scaled?.replicas.some((old) => old.token === replica.token))).toEqual(
    [],
  );

  expect(await demo.run("destroy", "demo", "-y")).toMatchObject({ exitCode: 0 });
  expect(await shownBy(demo)).toBeNull();
  expect(await demo.processes()).toEqual([]);
  expect(await demo.repository.git("ls-tree", "-r", "--name-only", "dstack-state")).not.toContain("services/");
});

it("services whose file is gone are destroyed by an apply of everything, and more than the brake allows need consent", async () => {
  await using demo = await createDemo({ settings: "policy: { rollout: { bake: 0s }, brake: { destroy: 0 } }" });
  await demo.edit({ replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  await demo.repository.git("rm", "-q", "-f", "--ignore-unmatch", ".dstack.yml");
  await demo.repository.write({
    "other/.dstack.yml": "type: service\nname: other\nauth: false\nreplicas: 0\ncommands: [serve]\nport: 80\n",
  });
  const { rm } = await import("node:fs/promises");
  await rm(`${demo.repository.path}/.dstack.yml`, { force: true });

  // Named paths destroy nothing.
  const named = await demo.run("apply", "-y", "other");
  expect(named.exitCode, named.stderr).toBe(0);
  expect(await demo.processes()).toHaveLength(1);
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 4, stderr: containing("--allow-destroy 1") });
  expect(await demo.processes()).toHaveLength(1);
  expect(await demo.run("apply", "-y", "--allow-destroy", "1")).toMatchObject({ exitCode: 0 });
  expect(await demo.processes()).toHaveLength(0);
});

it("a died replica is replaced by the next tick, and only that one; a paused service by none", async () => {
  await using demo = await createDemo();
  await demo.edit({});
  await demo.run("apply", "-y");
  const before = await shownBy(demo);
  expect(await demo.run("pause", "demo", "-y")).toMatchObject({ exitCode: 0 });
  process.kill((await demo.processes())[0] ?? 0, "SIGKILL");
  await waitFor(async () => (await demo.processes()).length === 1);
  expect(await demo.run("tick")).toMatchObject({ exitCode: 0 });
  expect(await demo.processes()).toHaveLength(1);

  expect(await demo.run("resume", "demo", "-y")).toMatchObject({ exitCode: 0 });
  const after = await shownBy(demo);
  expect(await demo.processes()).toHaveLength(2);
  expect(after?.replicas.filter((replica) => before?.replicas.some((old) => old.token === replica.token))).toHaveLength(
    1,
  );
});

it("what runs on another host is neither lost nor replaced from here", async () => {
  await using demo = await createDemo();
  await demo.edit({});
  await demo.run("apply", "-y");
  const before = await shownBy(demo);
  const elsewhere = { XDG_STATE_HOME: `${demo.repository.path}/../elsewhere` };
  expect(await demo.run("tick", elsewhere)).toMatchObject({ exitCode: 0 });
  expect(JSON.parse((await demo.run("ps", "--json", elsewhere)).stdout)).toMatchObject({
    services: [{ status: "running" }],
  });
  expect(await demo.processes()).toHaveLength(2);
  expect(await shownBy(demo)).toEqual(before);
});

it("bearer tokens protect a service, and without any it is refused", async () => {
  await using demo = await createDemo();
  await demo.repository.write({
    ".dstack.yml":
      "type: service\nname: demo\nreplicas: 1\nfiles: [server.mjs]\ncommands: [exec node server.mjs]\nport: 8000\n",
  });
  const refused = await demo.run("apply", "-y");
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain("set DSTACK_TOKEN");

  const withToken: Demo = { ...demo, env: { ...demo.env, DSTACK_TOKEN: "a-token-of-ours" } };
  const applied = withToken.start("apply", "-y", "-q");
  expect((await applied).exitCode).toBe(4);
});

it("values of names travel by environment or -e alone, and a run without them starts nothing", async () => {
  await using demo = await createDemo();
  await demo.edit({ env: ["SECRET"], replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 2, stderr: containing("SECRET is not set") });
  const secret = "canary-4711-value";
  expect(await demo.run("apply", "-y", "-e", `SECRET=${secret}`)).toMatchObject({ exitCode: 0 });
  expect((await demo.run("logs", "demo")).stdout).toContain(secret);
  expect(await demo.repository.git("log", "-p", "dstack-state")).not.toContain(secret);

  process.kill((await demo.processes())[0] ?? 0, "SIGKILL");
  await waitFor(async () => (await demo.processes()).length === 0);
  const ticked = await demo.run("tick", "--json", "--attend", "1s");
  expect(ticked.exitCode).toBe(6);
  expect(ticked.stdout).toContain('"verdict":"missing-env"');
  expect(await demo.processes()).toHaveLength(0);
});

it("secrets are replaced where a replica starts, and a run without them starts nothing", async () => {
  await using demo = await createDemo();
  await demo.edit({ env: ["SECRET=pre-${{ secrets.CANARY }}$$"], replicas: 1 });
  for (const command of ["validate", "plan"]) {
    const { exitCode, stdout } = await demo.run(command, "--json");
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      0,
      like({
        diagnostics: [
          like({ severity: "warning", code: "missing-env", message: "Secret CANARY is not set", path: "env.SECRET" }),
        ],
      }),
    ]);
  }
  expect(await demo.run("apply", "-y")).toMatchObject({
    exitCode: 2,
    stderr: containing("error[missing-env]: Secret CANARY is not set"),
  });
  expect(await demo.run("apply", "-y", { CANARY: "4711" })).toMatchObject({ exitCode: 0 });
  expect((await demo.run("logs", "demo")).stdout).toContain("token pre-4711$");

  process.kill((await demo.processes())[0] ?? 0, "SIGKILL");
  await waitFor(async () => (await demo.processes()).length === 0);
  const ticked = await demo.run("tick", "--json", "--attend", "1s");
  expect([ticked.exitCode, JSON.parse(ticked.stdout.split("\n").at(-1) ?? "")]).toEqual([
    6,
    like({ services: [like({ verdict: "missing-env", evidence: { missing: ["CANARY"] } })] }),
  ]);
  expect(await demo.processes()).toHaveLength(0);
});

it("watch serves, follows an edit of the file, refuses a bad one, and ends what it started", async () => {
  await using demo = await createDemo({ env: { DSTACK_NO_PROFILE: "" } });
  await demo.edit({ version: "1" });
  const program = demo.start("watch", "--down", "--json");
  let said = "";
  program.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const answers = async (): Promise<string> => (await fetch(demo.url)).text().catch(() => "");
  await waitFor(async () => (await answers().catch(() => "")) === "version 1\n");

  await demo.edit({ version: "2", extra: "wrong: true" });
  await waitFor(async () => said.includes("unknown-property"));
  expect(await answers()).toBe("version 1\n");

  await demo.edit({ version: "2" });
  await waitFor(async () => (await answers()) === "version 2\n" && said.includes("deployment 0 -> 1"));
  await waitFor(async () => (await demo.processes()).length === 2);

  await demo.repository.write({ ".dstack/profiles.yml": "profiles: [{ name: main, default: true, max_price: 1 }]" });
  await waitFor(async () => said.includes("max_price (restart)  .dstack/profiles.yml:1"));
  await waitFor(async () => (await shownBy(demo))?.replicas.every((replica) => replica.deployment === 2) ?? false);
  expect(await answers()).toBe("version 2\n");
  program.kill("SIGINT");
  expect((await program).exitCode).toBe(0);
  expect(said).toContain("Stopped: gateway and replicas.");
  expect(await demo.processes()).toEqual([]);
});

/** Until something outside of this process has happened; the time is only a bound. */
async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end;) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error("it did not happen within 40 s");
}

it("what nothing acts on yet is planned, and refused by apply: nothing of it is ignored", async () => {
  await using demo = await createDemo();
  const service = "type: service\nname: demo\nport: 8000\nauth: false\ncommands: [exec node server.mjs]\n";
  const asking = `${service}replicas: 1..4\nscaling: {metric: rps, target: 10}\nrate_limits: [{rps: 1}]\nmodel: llama\n`;
  await demo.repository.write({ ".dstack.yml": asking });
  const planned = await demo.run("plan", "--json");
  expect(planned.exitCode, planned.stderr).toBe(0);
  expect(JSON.parse(planned.stdout)).toMatchObject({
    services: [{ action: "create", refusal: containing("`model`"), replicas: { min: 1, max: 4 }, timeline: [] }],
    diagnostics: [],
  });
  const applied = await demo.run("apply", "-y");
  expect(applied).toMatchObject({ exitCode: 4, stderr: containing("`rate_limits`: no gateway limits requests yet") });
  expect(await demo.processes()).toHaveLength(0);
});

it("where nothing offered is allowed, apply waits as no-capacity and says which wish it is", async () => {
  await using demo = await createDemo();
  await demo.edit({ extra: "regions: [eu-west-1]", replicas: 1 });
  const applied = await demo.run("apply", "-y", "--json", "--attend", "1s");
  expect(applied.exitCode).toBe(6);
  expect(applied.stdout).toContain("no-capacity: every offer is turned down by `regions: [eu-west-1]`");
  expect(await demo.processes()).toHaveLength(0);
});

it("rollback goes back to what settled before, and says that the file still says otherwise", async () => {
  await using demo = await createDemo({ settings: "policy: { rollout: { bake: 0s } }" });
  await demo.edit({ version: "1", replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  expect(await demo.run("rollback", "demo", "-y")).toMatchObject({
    exitCode: 2,
    stderr: containing("demo has no earlier deployment"),
  });
  await demo.edit({ version: "2", replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  expect(await demo.run("rollback", "demo", "--to", "7", "-y")).toMatchObject({
    exitCode: 2,
    stderr: containing("there are 0"),
  });
  const back = await demo.run("rollback", "demo", "-y");
  expect(back).toMatchObject({ exitCode: 0, stderr: containing(".dstack.yml still says otherwise") });
  expect(await shownBy(demo)).toMatchObject({ deployment: 2, replicas: [{ deployment: 2 }] });
  expect(JSON.parse((await demo.run("plan", "--json")).stdout)).toMatchObject({ services: [{ action: "rolling" }] });
});

it("a plan that ends what serves until a schedule begins says so", async () => {
  await using demo = await createDemo();
  await demo.edit({ replicas: 1 });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  await demo.edit({ replicas: 1, extra: "schedule: { cron: '0 0 29 2 *' }" });
  const planned = await demo.run("plan", "--json");
  expect(JSON.parse(planned.stdout)).toMatchObject({ services: [{ action: "restart", safety: "away" }] });
});
