import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findRefusal } from "../../../src/backends/local/requirements.ts";
import type { HostCapacity } from "../../../src/backends/local/requirements.ts";
import { createBackend } from "../../../src/backends/registry.ts";
import { jobOf } from "../../../src/config/job.ts";
import type { Job } from "../../../src/config/job.ts";
import type { ResourcesSpec } from "../../../src/config/spec.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { specOf } from "../../support/specs.ts";
import { makeLocal } from "./local-under-test.ts";
import type { LocalUnderTest } from "./local-under-test.ts";

const base = jobOf(specOf(), []);
const host: HostCapacity = { platform: "linux", arch: "x86", cpus: 4, memoryGb: 16, diskGb: 50, shmGb: 8 };
const gpu = { vendor: null, name: null, memory: null, total_memory: null, compute_capability: null };
const file = { local_path: "a", content: "sha256:a", kind: "file" } as const;

function withResources(resources: Partial<ResourcesSpec>): Partial<Job> {
  return { resources: { ...base.resources, ...resources } };
}

describe("findRefusal()", () => {
  it.each<readonly [string, Partial<Job>, string | null]>([
    ["a plain job", {}, null],
    ["defaults of resources that the host lacks", withResources({}), null],
    ["an entrypoint without commands", { commands: [], entrypoint: "serve" }, null],
    ["a working directory of the reference's containers", { workingDir: "/workflow/app" }, null],
    ["any spot policy but spot", { spotPolicy: "auto" }, null],
    ["a GPU if there is one", withResources({ gpu: { ...gpu, count: { min: 0, max: 1 } } }), null],
    ["an optional volume", { volumes: [{ instance_path: "/a", path: "/b", optional: true }] }, null],
    ["image", { image: "nginx" }, "image"],
    ["docker", { docker: true }, "docker"],
    ["privileged", { privileged: true }, "privileged"],
    ["user", { user: "nobody" }, "user"],
    ["nvcc", { nvcc: true }, "nvcc"],
    ["registry_auth", { registryAuth: { username: "a", password: "b" } }, "registry_auth"],
    ["nothing to run", { commands: [] }, "commands"],
    ["an open quote", { entrypoint: "'serve" }, "entrypoint"],
    ["a working directory elsewhere", { workingDir: "/srv" }, "working_dir"],
    ["a volume", { volumes: [{ name: ["data"], path: "/data" }] }, "volumes"],
    [
      "a repo",
      { repos: [{ local_path: ".", url: null, branch: null, hash: null, path: null, if_exists: "error" }] },
      "repos",
    ],
    ["a file outside", { files: [{ ...file, path: "/root/.ssh/id_rsa" }] }, "files"],
    ["spot alone", { spotPolicy: "spot" }, "spot_policy"],
    ["a GPU", withResources({ gpu: { ...gpu, count: { min: 1, max: null } } }), "resources"],
    ["another processor", withResources({ cpu: { arch: "arm", count: { min: 1, max: null } } }), "resources"],
    ["more CPUs", withResources({ cpu: { arch: null, count: { min: 8, max: null } } }), "resources"],
    ["more memory", withResources({ memory: { min: 64, max: null } }), "resources"],
    ["more disk", withResources({ disk: { size: { min: 200, max: null } } }), "resources"],
    ["more shared memory", withResources({ shm_size: 16 }), "resources"],
  ])("answers for %s", (_, overrides, property) => {
    expect(findRefusal({ ...base, ...overrides }, host)?.property ?? null).toBe(property);
  });

  it("refuses everything where there are no such processes", () => {
    expect(findRefusal(base, { ...host, platform: "win32" })).toMatchObject({ property: "backends" });
  });
});

describe("offers()", () => {
  let world: LocalUnderTest;
  beforeAll(async () => {
    world = await makeLocal({ network: "isolated" });
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  it("offers the host itself, for nothing", async () => {
    const answer = await world.open().offers(base);
    expect(answer).toMatchObject({
      ok: true,
      offers: [{ backend: "local", region: "local", price: 0, spot: false, availability: "available" }],
    });
  });

  it.each<readonly [Partial<Job>, string, RegExp]>([
    [{ image: "nginx" }, "image", /no containers/],
    [{ python: "3.99" }, "python", /no Python 3\.99/],
    [{ shell: "/no/such/shell" }, "shell", /\/no\/such\/shell/],
  ])("refuses %j", async (overrides, property, reason) => {
    const environment = { PATH: "/usr/bin:/bin", HOME: "/nonexistent" };
    const answer = await world.open({ environment }).offers({ ...base, ...overrides });
    expect(answer).toMatchObject({ ok: false, property });
    expect(answer.ok ? "" : answer.reason).toMatch(reason);
  });

  it("tells services on the host's network where to listen", async () => {
    const answer = await world.open({ network: "host" }).offers(base);
    expect(answer.ok ? answer.notes.join("\n") : answer.reason).toMatch(/PORT/);
  });
});

describe("createBackend()", () => {
  const environment = {
    runtimeDirectory: "/nonexistent",
    hostId: "h",
    bootId: "b",
    environment: {},
    clock: systemClock,
  };

  it("makes the backend that the settings name", async () => {
    expect(await createBackend({ type: "local", network: "host" }, environment)).toMatchObject({
      kind: "machine",
      name: "local",
      dedupes: true,
    });
  });

  it.each([
    [{ type: "cloud" }, "unknown-backend", /cloud/],
    [{ type: "local", network: "none" }, "invalid-settings", /network/],
    [{ type: "local", colour: "red" }, "invalid-settings", /colour/],
  ])("refuses %j", async (settings, code, message) => {
    const refused = createBackend(settings, environment);
    await expect(refused).rejects.toMatchObject({ name: "UserError", code });
    await expect(refused).rejects.toThrow(message);
  });
});
