import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import type { Clock } from "../../src/lib/clock.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { ServiceState } from "../../src/state/record.ts";

const root = fileURLToPath(new URL("../fixtures/state", import.meta.url));
const clock: Clock = { now: () => 0, sleep: async () => {} };

/** Branches as earlier builds wrote them: these files never change. */
const earlier = await readdir(root);

it.each(earlier)("%s is read, and written back unchanged in meaning", async (name) => {
  const branch = memoryBranch();
  const edits = new Map<string, { mode: string; content: Uint8Array }>();
  const directory = join(root, name);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    edits.set(path.slice(directory.length + 1), { mode: "100644", content: await readFile(path) });
  }
  await branch.write({ parent: null, edits, message: "An earlier build", generation: 7 });

  const identity = { repository: "r", home: { forge: "https://f", id: "1" }, isThere: async () => false };
  const read = await memoryStore({ clock, branch, identity }).load();
  expect([...read.services.keys()].toSorted()).toEqual(["api", "web"]);
  // Every document is written anew: a token that nobody reads is put in, and taken out again.
  const store = memoryStore({ clock, branch, identity });
  for (const suffix of ["!", ""]) {
    const basis = await store.load();
    const services = [...basis.services].map(([service, state]) => ({ name: service, ...marked(state, suffix) }));
    await store.commit({ message: "Write anew", services, basis });
  }
  const written = await memoryStore({ clock, branch }).load();
  expect(written.services).toEqual(read.services);
  expect(written.gone).toEqual(read.gone);
  expect(written.stateId).toBe(read.stateId);
  expect(written.format).toEqual({ ...read.format, repository: "r", home: { forge: "https://f", id: "1" } });
});

function marked({ record, intents, lease }: ServiceState, suffix: string) {
  const target = record?.target ?? null;
  const by = `${(target?.by ?? "").replace(/!$/, "")}${suffix}`;
  return {
    record: record === null ? null : { ...record, target: target === null ? null : { ...target, by } },
    intents,
    lease,
  };
}
