import { readdirSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { MachineBackend } from "../../../src/backends/backend.ts";
import { endAll, gone, until } from "../ask.ts";
import { makeRequest, owner } from "../request.ts";
import { makeLocal } from "./local-under-test.ts";
import type { LocalUnderTest, LocalVariant } from "./local-under-test.ts";

describe.each<readonly [string, LocalVariant]>([
  ["in namespaces", { network: "isolated" }],
  ["without namespaces", { network: "host", namespaces: "none" }],
])("a spare supervisor %s", (_, variant) => {
  let world: LocalUnderTest;
  let backend: MachineBackend;
  beforeAll(async () => {
    world = await makeLocal(variant);
    backend = world.open();
  });
  afterEach(async () => {
    await backend.expect?.("web", 0);
    await endAll(backend, owner);
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  /** Processes of Node with their complaints in the test's directory: pid and where they complain. */
  function supervisors(): ReadonlyMap<number, string> {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return new Map(
      pids.flatMap((pid) => {
        const place = link(`/proc/${pid}/fd/2`);
        const isOurs = place.startsWith(world.directory) && link(`/proc/${pid}/exe`).endsWith("node");
        return isOurs ? [[Number(pid), place] as const] : [];
      }),
    );
  }

  function supervisorOf(token: string): number | undefined {
    return [...supervisors()].find(([, place]) => place.includes(`/${token}.`))?.[0];
  }

  async function waiting(): Promise<number> {
    const isSpare = (place: string): boolean => place.includes("/.new.");
    const find = async () => [...supervisors()].find(([, place]) => isSpare(place))?.[0] ?? 0;
    return until(find, (pid) => pid !== 0, 20_000);
  }

  async function ended(pid: number): Promise<void> {
    await until(
      async () => supervisors().has(pid),
      (there) => !there,
      20_000,
    );
  }

  it("is there before its replica, becomes that replica's, and is no instance until then", async () => {
    await backend.expect?.("web", 2);
    const spare = await waiting();
    expect(await backend.list(owner)).toEqual([]);
    await backend.provision(await makeRequest(world, { token: "web-1-1" }, { commands: ["sleep 60"] }));
    expect(supervisorOf("web-1-1")).toBe(spare);
    await backend.provision(await makeRequest(world, { token: "web-1-2" }, { commands: ["sleep 60"] }));
    expect(supervisorOf("web-1-2")).not.toBe(spare);
  });

  it("is ended without a trace when nothing is expected any more", async () => {
    await backend.expect?.("web", 1);
    await backend.expect?.("api", 1);
    await backend.expect?.("web", 0);
    const spare = await waiting();
    await backend.expect?.("api", 0);
    await until(
      () => readdir(world.directory),
      (names) => !names.includes("runtime"),
      20_000,
    );
    await ended(spare);
    expect(link(`/proc/${spare}/exe`)).toBe("");
  });

  it("that dies before it is needed is not missed", async () => {
    await backend.expect?.("web", 1);
    const spare = await waiting();
    process.kill(spare, "SIGKILL");
    await ended(spare);
    // The backend's process is told a moment later.
    await sleep(100);
    await backend.provision(await makeRequest(world, { token: "web-2-1" }, { commands: ["sleep 60"] }));
    expect(await backend.list(owner)).toMatchObject([{ token: "web-2-1", status: "running" }]);
    await backend.terminate(owner, (await backend.find(owner, "web-2-1"))?.instance ?? "");
    await gone(backend, "web-2-1");
  });
});

/** Empty for a process that has ended. */
function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
