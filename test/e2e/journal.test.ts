import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { withForge } from "../support/forge-demo.ts";
import type { Forge } from "../support/forge-demo.ts";

/** Pushes and fetches of one run of the program, which has to succeed. */
async function costOf(
  demo: Demo,
  forge: Forge,
  ...args: readonly string[]
): Promise<{ pushes: number; fetches: number }> {
  const [pushes, fetches] = [forge.pushes(), forge.fetches()];
  const { exitCode, stderr } = await demo.run(...args);
  expect(exitCode, stderr).toBe(0);
  return { pushes: forge.pushes() - pushes, fetches: forge.fetches() - fetches };
}

/** Copies of the demo service under other names. */
async function editAll(demo: Demo, names: readonly string[], version: string): Promise<void> {
  await demo.edit({ version, replicas: 1 });
  const file = await readFile(join(demo.repository.path, ".dstack.yml"), "utf8");
  const copies = names.map((name) => [`${name}.dstack.yml`, file.replace("name: demo", `name: ${name}`)] as const);
  await demo.repository.write(Object.fromEntries(copies));
}

it(
  "a replaced replica costs two pushes besides its acceptance, and a pass without change none",
  { timeout: 120_000 },
  async () => {
    await withForge(async (demo, forge) => {
      await demo.edit({ version: "1" });
      await costOf(demo, forge, "apply", "-y", "-q");
      await demo.edit({ version: "2" });
      const rolled = await costOf(demo, forge, "apply", "-y", "-q");
      expect(rolled.pushes).toBeLessThanOrEqual(1 + 2 * 2);
      expect(await forge.files("journal")).toEqual([]);
      expect(await costOf(demo, forge, "tick", "-q")).toEqual({ pushes: 0, fetches: 1 });
    });
  },
);

it(
  "services that are replaced together are written together, and a tick over them costs one fetch",
  { timeout: 120_000 },
  async () => {
    await withForge(async (demo, forge) => {
      const names = ["one", "two", "three", "four"];
      await editAll(demo, names, "1");
      await costOf(demo, forge, "apply", "-y", "-q");
      expect(await costOf(demo, forge, "tick", "-q")).toEqual({ pushes: 0, fetches: 1 });
      // What waits for a push that is under way goes with the next: the slower the forge, the more go together.
      forge.setFault((path) => (path.endsWith("/git-receive-pack") ? { kind: "delay", ms: 1_500 } : null));
      await editAll(demo, names, "2");
      const all = await costOf(demo, forge, "apply", "-y", "-q");
      forge.setFault(() => null);
      // One by one it would be nine.
      expect(all.pushes).toBeLessThanOrEqual(7);
      for (const name of names) await demo.run("destroy", name, "-y", "-q");
    });
  },
);

it("nothing is started before its announcement is on the forge", { timeout: 120_000 }, async () => {
  await withForge(async (demo, forge) => {
    const witness = join(demo.env["XDG_STATE_HOME"] ?? "", "witness");
    await demo.edit({ version: "1", env: [`WITNESS=${witness}`] });
    forge.setFault((path) =>
      path.endsWith("/git-receive-pack") && forge.pushes() > 1 ? { kind: "status", status: 403 } : null,
    );
    const refused = await demo.run("apply", "-y", "-q");
    expect(refused.exitCode, refused.stderr).toBe(1);
    expect(await readFile(witness, "utf8").catch(() => "")).toBe("");
    expect(await demo.processes()).toEqual([]);
    forge.setFault(() => null);
    expect(await demo.run("tick", "-q")).toMatchObject({ exitCode: 0 });
    expect((await readFile(witness, "utf8")).split("\n").filter((line) => line.startsWith("starts"))).toHaveLength(2);
  });
});

it("nothing is ended before its announcement is on the forge", { timeout: 120_000 }, async () => {
  await withForge(async (demo, forge) => {
    await demo.edit({ version: "1" });
    expect(await demo.run("apply", "-y", "-q")).toMatchObject({ exitCode: 0 });
    const before = await demo.processes();
    const pushes = forge.pushes();
    forge.setFault((path) =>
      path.endsWith("/git-receive-pack") && forge.pushes() > pushes + 1 ? { kind: "status", status: 403 } : null,
    );
    expect(await demo.run("destroy", "demo", "-y", "-q")).toMatchObject({ exitCode: 1 });
    expect(await demo.processes()).toEqual(before);
    forge.setFault(() => null);
    expect(await demo.run("tick", "-q")).toMatchObject({ exitCode: 0 });
    expect(await demo.processes()).toEqual([]);
    expect(await forge.files("journal")).toEqual([]);
  });
});

it("what was called for and not recorded is taken over by the next run as it is", { timeout: 120_000 }, async () => {
  await withForge(async (demo, forge) => {
    await demo.edit({ version: "1" });
    // The acceptance and the announcement are written, and what came of it is not.
    forge.setFault((path) =>
      path.endsWith("/git-receive-pack") && forge.pushes() > 2 ? { kind: "status", status: 403 } : null,
    );
    expect(await demo.run("apply", "-y", "-q")).toMatchObject({ exitCode: 1 });
    const started = await demo.processes();
    expect(started).toHaveLength(2);
    expect(await forge.files("journal")).toHaveLength(1);
    forge.setFault(() => null);
    expect(await demo.run("tick", "-q")).toMatchObject({ exitCode: 0 });
    expect(await demo.processes()).toEqual(started);
    expect((await shownBy(demo))?.replicas.map(({ ready }) => ready)).toEqual([true, true]);
    expect(await forge.files("journal")).toEqual([]);
  });
});
