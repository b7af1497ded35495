import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, it } from "vitest";

import { createDemo, shownBy } from "../support/demo.ts";
import { describeWithPeer } from "../support/peers.ts";

it("`proxy serve` serves what is deployed, follows a roll without losing a request, and asks for the token", async () => {
  await using demo = await createDemo({
    settings: "policy: { rollout: { bake: 0s } }",
    env: { DSTACK_TOKEN: "a-token-of-ours" },
  });
  await demo.edit({ version: "1", auth: true });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const gateway = demo.start("proxy", "serve");
  const ask = async (token: string): Promise<Response> =>
    fetch(demo.url, { headers: { authorization: `Bearer ${token}` } });
  await until(async () => (await ask("a-token-of-ours").catch(() => null))?.status === 200);
  expect((await ask("another")).status).toBe(403);
  expect((await fetch(demo.url)).status).toBe(403);

  const statuses = new Map<number, number>();
  let rolling = true;
  const load = (async () => {
    while (rolling) {
      const answer = await ask("a-token-of-ours");
      await answer.arrayBuffer();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  })();
  await demo.edit({ version: "2", auth: true });
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  rolling = false;
  await load;
  expect([...statuses.keys()]).toEqual([200]);
  expect(await (await ask("a-token-of-ours")).text()).toBe("version 2\n");
  gateway.kill("SIGTERM");
  expect((await gateway).exitCode).toBe(0);
  expect(await demo.processes()).toHaveLength(2);
});

// The reference's own example, as it stands; `uv` finds or stands for the Python that it asks for.
describeWithPeer("uv", (uv) => {
  it("three replicas of `python3 -m http.server` listen on one port", async () => {
    await using demo = await createDemo({ env: { PATH: `${join(uv, "..")}:${process.env["PATH"] ?? ""}` } });
    await cp(
      join(import.meta.dirname, "../../examples/http-server/.dstack.yml"),
      join(demo.repository.path, ".dstack.yml"),
    );
    const applied = await demo.run("apply", "-y");
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect((await shownBy(demo))?.replicas).toHaveLength(3);
    const gateway = demo.start("proxy", "serve");
    const url = demo.url.replace("/demo/", "/http-server-service/");
    await until(async () => (await fetch(url).catch(() => null))?.status === 200);
    expect(await (await fetch(url)).text()).toContain("Directory listing");
    gateway.kill("SIGTERM");
    await gateway;
    expect(await demo.run("destroy", "http-server-service", "-y")).toMatchObject({ exitCode: 0 });
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end;) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error("it did not happen within 40 s");
}
