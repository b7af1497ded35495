import { mkdir, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { checkFence, fenceOf, isLatest, pruneFences } from "../../../src/backends/local/fences.ts";
import { tempDirectory } from "../../support/temp-repository.ts";
import { makeRequest, owner } from "../request.ts";
import { makeLocal } from "./local-under-test.ts";

it("the highest fence of a service counts, whoever remembers theirs last", async () => {
  await using directory = await tempDirectory();
  const under = (fence: number, service = "web") => fenceOf(directory.path, owner, { service, fence });
  checkFence(under(9));
  checkFence(under(12));
  // As two that remember at once would leave it.
  await mkdir(join(directory.path, (await readdir(directory.path))[0] ?? "", "10"));
  expect(() => checkFence(under(11))).toThrow("web is worked on under fence 12: refused a call under 11");
  expect([11, 12, 13].map((fence) => isLatest(under(fence)))).toEqual([false, true, true]);
  expect(isLatest(null)).toBe(true);
  checkFence(under(1, "api"));
  expect(await readdir(directory.path)).toHaveLength(2);
});

it("a replica is not started where somebody took over while it was prepared", async () => {
  await using world = await makeLocal({ network: "host", namespaces: "none" });
  const fencesDirectory = `${world.options.runtimeDirectory}.fences`;
  const request = await makeRequest(world, { token: "web-1-1", fence: 3 }, { commands: ["sleep 60"] });
  const [file] = [{ local_path: "a", path: "a", content: "sha256:a", kind: "file" }] as const;
  const slow = {
    ...request,
    job: { ...request.job, files: [file] },
    async readFile() {
      checkFence(fenceOf(fencesDirectory, owner, { service: "web", fence: 4 }));
      return [{ path: "", mode: "file", content: Buffer.from("a") }] as const;
    },
  };
  await expect(world.open().provision(slow)).rejects.toMatchObject({ code: "fenced", seen: 4 });
  expect(await world.open().list(owner)).toEqual([]);
  expect(await world.leftovers()).toEqual([]);
});

it("fences of long ago are forgotten", async () => {
  await using directory = await tempDirectory();
  checkFence(fenceOf(directory.path, owner, { service: "old", fence: 1 }));
  checkFence(fenceOf(directory.path, owner, { service: "new", fence: 1 }));
  const [old = ""] = (await readdir(directory.path)).filter((name) => name.startsWith("old."));
  const longAgo = new Date(Date.now() - 8 * 24 * 3_600_000);
  await utimes(join(directory.path, old), longAgo, longAgo);
  pruneFences(directory.path, Date.now());
  expect((await readdir(directory.path)).map((name) => name.split(".")[0])).toEqual(["new"]);
});
