import { once } from "node:events";
import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";
import { expect, test } from "vitest";

import { announce } from "../../src/proxy-config/announcement.ts";
import { publishedRoutesDirectory, writePublishedRoutes } from "../../src/proxy-config/published-routes.ts";
import { draftMark, sweepDrafts } from "../../src/state/drafts.ts";
import { openObjectStore } from "../../src/state/object-store.ts";
import { tempDirectory } from "../support/temp-repository.ts";

/** The mark of a process that was killed while it wrote. */
async function markOfKilled(): Promise<string> {
  const source = `
    import { draftMark } from ${JSON.stringify(new URL("../../src/state/drafts.ts", import.meta.url).href)};
    process.stdout.write(await draftMark());
    setInterval(() => {}, 1000);`;
  const child = execa(process.execPath, ["--input-type=module", "--eval", source], { reject: false, buffer: false });
  const said: unknown[] = await once(child.stdout, "data");
  child.kill("SIGKILL");
  await child;
  return String(said[0]);
}

test("what a killed process left is removed, and what a living one works with is not", async () => {
  await using directory = await tempDirectory();
  const [dead, alive] = [await markOfKilled(), await draftMark()];
  for (const name of [`draft.${dead}`, `draft.${alive}`, "draft.other", `other.${dead}`])
    await writeFile(join(directory.path, name), "");
  await mkdir(join(directory.path, `draft.${dead}.d`));
  await sweepDrafts(directory.path, "draft.");
  expect((await readdir(directory.path)).sort()).toEqual([`draft.${alive}`, "draft.other", `other.${dead}`].sort());
});

test("of what is not of this host or container no pid is looked up: it is removed after a month", async () => {
  await using directory = await tempDirectory();
  const [recent, old] = ["4194304-1-0123abcd-aaaaaaaa.git", "4194304-1-0123abcd-bbbbbbbb.git"];
  for (const name of [recent, old]) await mkdir(join(directory.path, name));
  const monthAgo = Date.now() / 1000 - 31 * 24 * 3_600;
  await utimes(join(directory.path, old), monthAgo, monthAgo);
  await sweepDrafts(directory.path, "");
  expect(await readdir(directory.path)).toEqual([recent]);
});

test("every place that takes drafts is swept by whoever writes there next", async () => {
  await using directory = await tempDirectory();
  const dead = await markOfKilled();
  const at = (...names: readonly string[]): string => join(directory.path, ...names);
  const drafts = [
    at("objects", `seen.json.${dead}`),
    at("objects", `lately.json.${dead}`),
    join(publishedRoutesDirectory(at("runtime")), `.${dead}`),
    at("runtime", "gateways", `main.json.${dead}`),
    at("objects", "busy", `${dead}.git`),
    at("objects", "sha1-000001.git", "objects", `tmp_obj_${dead}`),
  ];
  const [old, recent] = ["old", "recent"].map((name) =>
    at("objects", "sha1-000001.git", "objects", "pack", `tmp_${name}`),
  );
  for (const draft of [...drafts, old ?? "", recent ?? ""]) {
    await mkdir(join(draft, ".."), { recursive: true });
    await writeFile(draft, "");
  }
  await utimes(old ?? "", 0, 0);
  await writePublishedRoutes(at("runtime"), { generation: 1, routes: [] });
  await announce(at("runtime"), { gateway: "main", pid: 1, host: "127.0.0.1", port: 1, socket: at("socket") });
  await (await openObjectStore(at("objects"))).giveBack();
  const left = await readdir(directory.path, { recursive: true });
  expect(left.filter((path) => path.includes(dead) || path.includes("tmp_")).map((path) => at(path))).toEqual([recent]);
});
