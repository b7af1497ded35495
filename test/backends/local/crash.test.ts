import { spawn } from "node:child_process";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { MachineBackend } from "../../../src/backends/backend.ts";
import { collect, endAll, gone, until } from "../ask.ts";
import { makeRequest, owner, program } from "../request.ts";
import { inDirectory, makeLocal } from "./local-under-test.ts";
import type { LocalUnderTest, LocalVariant } from "./local-under-test.ts";

const fixture = join(import.meta.dirname, "../../fixtures/replicas/provision.ts");

describe.each<readonly [string, LocalVariant]>([
  ["in namespaces", { network: "isolated" }],
  ["without namespaces", { network: "host", namespaces: "none" }],
])("a local replica %s", (_, variant) => {
  let world: LocalUnderTest;
  let backend: MachineBackend;
  beforeAll(async () => {
    world = await makeLocal(variant);
    backend = world.open();
  });
  afterEach(async () => endAll(backend, owner));
  afterAll(async () => world[Symbol.asyncDispose]());

  /** Another process that provisions; resolves when it is about to, `answer` when it has ended. */
  function command(token: string) {
    const { environment: _environment, ...options } = world.options;
    const argument = JSON.stringify({ options, token, commands: ["sleep 60 & sleep 60"] });
    const child = spawn(process.execPath, [fixture, argument], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    const asking = new Promise<void>((resolve) => {
      child.stdout.on("data", (data: Buffer) => {
        text += data.toString();
        resolve();
      });
    });
    const answer = new Promise<string>((resolve) => child.once("close", () => resolve(text)));
    return { asking, answer, kill: () => child.kill("SIGKILL") };
  }

  async function start(overrides: Parameters<typeof makeRequest>[2], token: string) {
    return backend.provision(await makeRequest(world, { token }, overrides));
  }

  /** The replicas that processes say they belong to, each once. */
  async function runningNow(): Promise<readonly string[]> {
    const environs = await Promise.all(
      inDirectory(world.directory).map((pid) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
    );
    return [
      ...new Set(environs.flatMap((environ) => /replicas\/(?<token>[^.]+)\./.exec(environ)?.groups?.["token"] ?? [])),
    ].toSorted();
  }

  it("is listed or does not run, whenever the command that starts it is killed", async () => {
    const delays = Array.from({ length: 20 }, (_, index) => index * 10);
    const tokens = delays.map((delay) => `web-2-${delay}`);
    for (const [index, delay] of delays.entries()) {
      const { asking, answer, kill } = command(`web-2-${delay}`);
      await asking;
      await sleep(delay);
      kill();
      await answer;
      // A listing right behind it, as of a command that takes over.
      if (index % 2 === 0) await backend.list(owner);
    }
    await sleep(500);
    const listed = (await backend.list(owner))
      .filter((instance) => instance.status === "running")
      .map((instance) => instance.token)
      .toSorted();
    expect(await runningNow()).toEqual(listed);
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.length).toBeLessThan(tokens.length);
    const again = await Promise.all(tokens.slice(0, 6).map(async (token) => start({ commands: ["sleep 60"] }, token)));
    expect(again.map((instance) => instance.status)).toEqual(again.map(() => "running"));
    await endAll(backend, owner);
    await until(world.leftovers, (left) => left.length === 0, 3_000);
    expect(await world.leftovers()).toEqual([]);
  });

  it("is one replica when two processes ask for it at once", async () => {
    const commands = [command("web-3-1"), command("web-3-1"), command("web-3-1")];
    const answers = await Promise.all(commands.map(({ answer }) => answer));
    const instances = answers.map((text) => /"instance":"(?<id>[^"]+)"/.exec(text)?.groups?.["id"]);
    expect(new Set(instances).size).toBe(1);
    expect(instances[0]).toBe((await backend.list(owner))[0]?.instance);
    expect(await readdir(join(world.options.runtimeDirectory, "replicas"))).toHaveLength(1);
  });

  it("outlives the command that started it", async () => {
    const { answer } = command("web-4-1");
    await answer;
    expect(await backend.find(owner, "web-4-1")).toMatchObject({ status: "running" });
    expect(await runningNow()).toEqual(["web-4-1"]);
  });

  it("is gone with everything it spawned when its supervisor is killed", async () => {
    const { token } = await start(program("stubborn.mjs"), "web-5-1");
    await until(
      () => collect(backend, token),
      (lines) => lines.length > 0,
      10_000,
    );
    const { pid } = await identityOf(token);
    process.kill(pid, "SIGKILL");
    await until(
      () => backend.list(owner),
      (listed) => listed.every((instance) => instance.status === "gone"),
      5_000,
    );
    await until(runningNow, (running) => running.length === 0, 1_000);
    expect(await backend.list(owner)).toEqual([]);
    expect((await collect(backend, token)).map(({ text }) => text)).toEqual(["stubborn"]);
    await until(world.leftovers, (left) => left.length === 0, 5_000);
    expect(await world.leftovers()).toEqual([]);
  });

  it("never takes another process for its own: neither one with its pid, nor after a boot, nor on another host", async () => {
    const { token, instance } = await start({ commands: ["sleep 60"] }, "web-6-1");
    const elsewhere = world.open({ hostId: "host-2" });
    expect(await elsewhere.list(owner)).toEqual([]);
    await expect(elsewhere.terminate(owner, instance)).rejects.toMatchObject({ code: "unavailable" });
    const original = await identityOf(token);
    const bystander = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      const path = await metaOf(token);
      const text = await readFile(path, "utf8");
      const recycled = text.replace(/"process":\{"pid":\d+/, `"process":{"pid":${bystander.pid}`);
      expect(recycled).not.toBe(text);
      await writeFile(path, recycled);
      expect(await backend.find(owner, token)).toMatchObject({ status: "gone" });
      await writeFile(path, text);
      expect(await world.open({ bootId: "boot-2" }).find(owner, token)).toMatchObject({ status: "gone" });
      expect(await backend.find(owner, token)).toMatchObject({ status: "running" });
      await writeFile(path, recycled);
      await backend.terminate(owner, instance);
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    } finally {
      bystander.kill("SIGKILL");
      endIfThere(original.pid);
    }
    await gone(backend, token);
  });

  async function metaOf(token: string): Promise<string> {
    const replicas = join(world.options.runtimeDirectory, "replicas");
    const name = (await readdir(replicas)).find((other) => other.startsWith(`${token}.`));
    return join(replicas, name ?? token, "meta.json");
  }

  async function identityOf(token: string): Promise<{ readonly pid: number }> {
    const pid = /"pid":(?<pid>\d+)/.exec(await readFile(await metaOf(token), "utf8"))?.groups?.["pid"];
    return { pid: Number(pid) };
  }
});

/** Nobody else knows it any more; without a namespace it ends by itself as soon as it sees that its commands have. */
function endIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
