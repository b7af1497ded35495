import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import type { PinnedContent } from "../../src/config/files.ts";
import { contentId } from "../../src/git/content-id.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { digest } from "../../src/lib/digest.ts";
import { compactBranch } from "../../src/state/compact-branch.ts";
import { stateSchemaText } from "../../src/state/json-schema.ts";
import { formatVersion } from "../../src/state/layout.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { filesBelow } from "../../src/state/tree.ts";
import { healthProbe, specOf } from "../support/specs.ts";
import { intentOf, leaseOf, ownerOf, recordOf } from "../support/state-values.ts";

const state = fileURLToPath(new URL("../../state", import.meta.url));
const workflow = ownerOf("0f0e0d", {
  run: "acme/shop/runs/4711",
  github: { api: "https://api.github.com", job: 51_725_241_954 },
});
const clock: Clock = { now: () => Date.UTC(2026, 0, 2, 6), monotonic: () => 0, sleep: async () => {} };

/** A service in the middle of a rollout, its newer deployment having been refused once, with a file of its own. */
function rollingWeb(): { readonly record: ServiceRecord; readonly contents: readonly PinnedContent[] } {
  const entries = [
    { path: "", mode: "executable", content: Buffer.from("#!/bin/sh\nexec python3 -m http.server\n") },
  ] as const;
  const file = { local_path: "serve.sh", path: "serve.sh", content: contentId(entries), kind: "file" } as const;
  const base = recordOf("web");
  const spec = specOf({ name: "web", commands: ["./serve.sh"], env: { TOKEN: null }, probes: [healthProbe] });
  const at = "2026-01-02T04:00:00.000Z";
  const newer = base.deployments.map((deployment) => ({
    ...deployment,
    num: 1,
    spec,
    fingerprint: digest(spec),
    acceptance: 2,
    files: [file],
    settledAt: null,
    bakedAt: null,
  }));
  const digests = { key: "8d0f4c2a9b7e6153", values: { TOKEN: "1c9e3b5a7d2f8046" } };
  const probes = [{ probe: 0, url: "/health", status: 500, error: null }];
  return {
    contents: [{ ...file, entries }],
    record: {
      ...base,
      target:
        base.target === null
          ? null
          : { ...base.target, deployment: 1, fingerprint: digest(spec), acceptance: 2, floor: 1 },
      deployments: [...base.deployments, ...newer],
      replicas: base.replicas.map((replica) => ({ ...replica, digests })),
      attempts: 2,
      quarantined: [{ fingerprint: digest(spec), acceptance: 1, deployment: 1, at }],
      verdict: {
        code: "unhealthy",
        deployment: 1,
        replica: 0,
        message: "the probe /health answered 500",
        at,
        evidence: { probes, token: "web-1-2" },
      },
    },
  };
}

/** The state that `state/example/<version>` holds. */
async function writeExample() {
  const branch = memoryBranch(() => null, clock);
  const store = memoryStore({ clock, branch, writer: "example" });
  const { record, contents } = rollingWeb();
  const paused = recordOf("api", { paused: { at: "2026-01-02T05:00:00.000Z", by: "ada" } });
  await store.commit({
    message: "Roll web",
    services: [
      { name: "web", record, intents: [intentOf("web", 2)], lease: { ...leaseOf("0f0e0d", 2), owner: workflow } },
      { name: "api", record: paused },
      { name: "old", record: recordOf("old", { born: 1 }) },
    ],
    contents,
    basis: await store.load(),
  });
  const basis = await store.load();
  const ended = { month: "2026-01", amount: 12.345678 };
  const seen = await store.commit({ message: "Remove old", services: [{ name: "old", record: null, ended }], basis });
  const limits = { commits: 1, age: null };
  await compactBranch(branch, { limits, now: clock.now() + 2 * 60 * 60_000, nonce: "compaction", seen });
  return { branch, snapshot: await store.load() };
}

test("the example of this format is what the store writes (a released one never changes)", async () => {
  const { branch } = await writeExample();
  const tip = await branch.read();
  const files = tip === null ? [] : filesBelow(tip.tree, "");
  const contents = await branch.contents(files.map(([, node]) => node.id));
  for (const [path, node] of files) {
    const text = Buffer.from(contents.get(node.id) ?? []).toString("utf8");
    await expect(text).toMatchFileSnapshot(join(state, "example", String(formatVersion), path));
  }
  expect(await listFiles(join(state, "example", String(formatVersion)))).toEqual(
    files.map(([path]) => path).toSorted(),
  );
});

test("every example is read as what it says", async () => {
  const { snapshot } = await writeExample();
  const versions = await readdir(join(state, "example"));
  expect(versions).toContain(String(formatVersion));
  for (const version of versions) {
    const directory = join(state, "example", version);
    const branch = memoryBranch();
    const edits = new Map<string, { mode: string; content: Uint8Array }>();
    for (const path of await listFiles(directory)) {
      // Executable bits are no part of a snapshot's file: the content has one executable file.
      const mode = path.startsWith("files/") ? "100755" : "100644";
      edits.set(path, { mode, content: await readFile(join(directory, path)) });
    }
    await branch.write({ parent: null, edits, message: "By hand", generation: 1 });
    const store = memoryStore({ clock, branch });
    const loaded = await store.load();
    expect(loaded.services).toEqual(snapshot.services);
    expect(loaded.gone).toEqual(snapshot.gone);
    expect(loaded.compacted).toEqual(snapshot.compacted);
    expect(loaded.format).toEqual(snapshot.format);
    const [file] = loaded.services.get("web")?.record?.deployments.at(-1)?.files ?? [];
    expect(await store.readContent(file?.content ?? "")).toHaveLength(1);
  }
});

test("what closed a window is kept", async () => {
  const store = memoryStore({ clock, branch: memoryBranch(), writer: "example" });
  const at = "2026-01-02T04:00:00.000Z";
  const idle = [{ replica: 0, gpu: "GPU-1", highest: 2.5 }];
  const record = recordOf("web", { window: { openedAt: at, seenAt: at, closedAt: at, idle } });
  const change = { message: "End web", services: [{ name: "web", record }], basis: await store.load() };
  await store.commit(change);
  expect((await store.load()).services.get("web")?.record).toEqual(record);
});

test("the published schema is the one that is checked", async () => {
  await expect(stateSchemaText()).toMatchFileSnapshot(join(state, "state.schema.json"));
});

async function listFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted();
}
