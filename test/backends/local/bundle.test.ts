import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { build } from "rolldown";
import { expect, it } from "vitest";

import type * as local from "../../../src/backends/local/index.ts";
import { endAll, reached } from "../ask.ts";
import { makeRequest, owner, program } from "../request.ts";
import { makeLocal } from "./local-under-test.ts";

const source = join(import.meta.dirname, "../../../src/backends/local");

function isBackend(bundle: unknown): bundle is typeof local {
  return typeof bundle === "object" && bundle !== null && "createLocalBackend" in bundle;
}

it("runs replicas from a bundle, with the supervisor beside it", async () => {
  const dist = await mkdtemp(join(tmpdir(), "dstack-gitops-dist-"));
  await using world = await makeLocal({ network: "isolated" });
  try {
    const input = { index: join(source, "index.ts"), "replica-supervisor": join(source, "supervisor.ts") };
    await build({
      input,
      platform: "node",
      output: { dir: dist, format: "esm", entryFileNames: "[name].js" },
      logLevel: "warn",
    });
    const bundle: unknown = await import(pathToFileURL(join(dist, "index.js")).href);
    if (!isBackend(bundle)) throw new Error("the bundle exports something else than its source");
    const backend = bundle.createLocalBackend(world.options);
    const open = (): typeof backend => backend;
    const instance = await backend.provision(
      await makeRequest({ open, job: {} }, { token: "web-8-1" }, program("web.mjs")),
    );
    expect((await reached(backend, instance)).instance.status).toBe("running");
    await endAll(backend, owner);
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
});
