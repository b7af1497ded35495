import { describe, expect, test } from "vitest";

import { contentId } from "../../src/git/content-id.ts";
import type { Derive } from "../../src/state/next-commit.ts";
import { StateConflict } from "../../src/state/store.ts";
import type { Snapshot, StateStore } from "../../src/state/store.ts";
import { intentOf, leaseOf, recordOf } from "../support/state-values.ts";

/** One branch that several stores are opened on, as several processes would. */
export interface StoreBench extends AsyncDisposable {
  open(options?: { readonly derive?: Derive; readonly writer?: string }): StateStore;
  /** Text of a file at the branch's tip, `null` when there is none. */
  file(path: string): Promise<string | null>;
  commits(): Promise<number>;
  /** Commits files as a person would, past the store. */
  edit(files: Readonly<Record<string, string>>): Promise<void>;
  rewind(commits: number): Promise<void>;
  remove(): Promise<void>;
}

/** What every store does, whatever its branch is. */
export function testStore(name: string, makeBench: () => Promise<StoreBench>): void {
  describe(`the store on ${name}`, () => {
    test("a branch that does not exist is an empty state with an id", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const empty = await store.load();
      expect(empty).toMatchObject({ commit: null, generation: 0, services: new Map() });
      expect((await store.load()).stateId).toBe(empty.stateId);
      expect(empty.stateId).not.toBe("");
    });

    test("what one store writes, the next one reads", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const empty = await store.load();
      const web = { name: "web", record: recordOf("web"), intents: [intentOf("web", 1)], lease: leaseOf("a", 1) };
      const written = await store.commit({ message: "Create web", services: [web], basis: empty });
      const state = { record: web.record, intents: web.intents, lease: web.lease };
      expect(written).toMatchObject({ generation: 1, stateId: empty.stateId, services: new Map([["web", state]]) });
      expect(await bench.open({ writer: "b" }).load()).toEqual(written);
    });

    test("absent members stay, null and empty ones go, and a service without any is gone", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      let now = await create(store, "web", { intents: [intentOf("web", 1)], lease: leaseOf("a", 1) });
      now = await store.commit({ message: "Settle", services: [{ name: "web", intents: [] }], basis: now });
      expect(now.services.get("web")).toEqual({ record: recordOf("web"), intents: [], lease: leaseOf("a", 1) });
      expect(await bench.file("journal/4b/web.json")).toBeNull();
      now = await store.commit({
        message: "Remove",
        services: [{ name: "web", record: null, lease: null }],
        basis: now,
      });
      expect(now.services.size).toBe(0);
      expect(await bench.open({ writer: "b" }).load()).toEqual(now);
    });

    test("services that are gone are remembered: what they cost adds up, whoever removes them, and a new month begins anew", async () => {
      await using bench = await makeBench();
      const [a, b] = [bench.open({ writer: "a" }), bench.open({ writer: "b" })];
      for (const name of ["web", "api", "old", "free"]) await create(a, name);
      const basis = await b.load();
      expect(basis.gone).toBeUndefined();
      const gone = (name: string, month: string | null, amount: number) => ({
        message: `Remove ${name}`,
        services: [{ name, record: null, ended: month === null ? undefined : { month, amount } }],
        basis,
      });
      await b.commit(gone("web", "2026-01", 0.1));
      // One that has not seen it, and two in one commit.
      await Promise.all([a.commit(gone("api", "2026-01", 0.2)), a.commit(gone("old", "2025-12", 7))]);
      const now = await a.commit(gone("free", null, 0));
      expect(now.services.size).toBe(0);
      expect(now.gone?.spent).toEqual({ month: "2026-01", amount: 0.3 });
      expect(now.gone?.services.map(({ name }) => name).toSorted()).toEqual(["api", "free", "old", "web"]);
      expect(JSON.parse((await bench.file("gone.json")) ?? "")).toEqual(now.gone);
      const again = await create(a, "next");
      const later = { name: "next", record: null, ended: { month: "2026-02", amount: 4 } };
      await a.commit({ message: "Remove next", services: [later], basis: again });
      expect((await bench.open({ writer: "c" }).load()).gone?.spent).toEqual({ month: "2026-02", amount: 4 });
    });

    test("a memory of what is gone that cannot be read is an error, never nothing", async () => {
      await using bench = await makeBench();
      await create(bench.open({ writer: "a" }), "web");
      await bench.edit({ "gone.json": '{"spent":{"month":"2026","amount":1},"services":[]}' });
      await expect(bench.open({ writer: "b" }).load()).rejects.toMatchObject({ code: "state-unreadable" });
    });

    test("a write on an older basis is refused and names what changed", async () => {
      await using bench = await makeBench();
      const [a, b] = [bench.open({ writer: "a" }), bench.open({ writer: "b" })];
      const basis = await create(a, "web");
      await b.load();
      await b.commit({ message: "Lease", services: [{ name: "web", lease: leaseOf("b", 1) }], basis: await b.load() });
      const late = a.commit({
        message: "Late",
        services: [{ name: "web", record: recordOf("web", { attempts: 9 }) }],
        basis,
      });
      await expect(late).rejects.toThrow(StateConflict);
      await expect(late).rejects.toMatchObject({ services: ["web"] });
      expect((await b.load()).services.get("web")).toEqual({
        record: recordOf("web"),
        intents: [],
        lease: leaseOf("b", 1),
      });
    });

    test("a write is refused when something that it only read has changed", async () => {
      await using bench = await makeBench();
      const [a, b] = [bench.open({ writer: "a" }), bench.open({ writer: "b" })];
      await create(a, "web");
      const basis = await create(a, "api");
      await b.commit({
        message: "Edit",
        services: [{ name: "api", record: recordOf("api", { attempts: 2 }) }],
        basis: await b.load(),
      });
      const change = { message: "Late", services: [{ name: "web", record: recordOf("web", { attempts: 2 }) }], basis };
      await expect(a.commit({ ...change, reads: ["api"] })).rejects.toMatchObject({ services: ["api"] });
      const written = await a.commit(change);
      expect(written.services.get("api")?.record?.attempts).toBe(2);
      expect(written.services.get("web")?.record?.attempts).toBe(2);
    });

    test("a guard is asked of the state that its change is put on, and refuses the write", async () => {
      await using bench = await makeBench();
      const [a, b] = [bench.open({ writer: "a" }), bench.open({ writer: "b" })];
      const basis = await create(a, "web");
      await create(b, "api");
      const asked: (readonly string[])[] = [];
      const guarded = (name: string, most: number) => ({
        message: `Create ${name}`,
        services: [{ name, record: recordOf(name) }],
        basis,
        guard: ({ services }: Snapshot): boolean => {
          asked.push([...services.keys()].toSorted());
          return services.size < most;
        },
      });
      await expect(a.commit(guarded("late", 2))).rejects.toMatchObject({ name: "StateConflict", services: ["late"] });
      // Whatever this store knew: the write would have been put on what the other one had written.
      expect(asked.at(-1)).toEqual(["api", "web"]);
      await a.load();
      const [first, second] = await Promise.allSettled([a.commit(guarded("one", 3)), a.commit(guarded("two", 3))]);
      expect([first.status, second.status]).toEqual(["fulfilled", "rejected"]);
      expect([...(await b.load()).services.keys()].toSorted()).toEqual(["api", "one", "web"]);
    });

    test("changes that are made at once are one commit, each with its own outcome", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const basis = await create(store, "web");
      const before = await bench.commits();
      const outcomes = await Promise.allSettled([
        ...["a", "b", "c"].map((name) =>
          store.commit({ message: `Create ${name}`, services: [{ name, record: recordOf(name) }], basis }),
        ),
        store.commit({
          message: "Edit web",
          services: [{ name: "web", record: recordOf("web", { attempts: 2 }) }],
          basis,
        }),
        store.commit({
          message: "Edit web again",
          services: [{ name: "web", record: recordOf("web", { attempts: 3 }) }],
          basis,
        }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        "fulfilled",
        "fulfilled",
        "fulfilled",
        "fulfilled",
        "rejected",
      ]);
      expect(await bench.commits()).toBe(before + 1);
      const now = await bench.open({ writer: "b" }).load();
      expect([...now.services.keys()].toSorted()).toEqual(["a", "b", "c", "web"]);
      expect(now.services.get("web")?.record?.attempts).toBe(2);
    });

    test("a change that changes nothing makes no commit", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const basis = await create(store, "web");
      const same = await store.commit({
        message: "Nothing",
        services: [{ name: "web", record: recordOf("web") }],
        basis,
      });
      expect(same).toEqual(basis);
      expect(await bench.commits()).toBe(1);
    });

    test("writers that race on one branch lose nothing that was acknowledged", { timeout: 120_000 }, async () => {
      await using bench = await makeBench();
      await create(bench.open(), "web");
      const writers = ["a", "b", "c", "d"];
      await Promise.all(
        writers.map(async (writer) => {
          const store = bench.open({ writer });
          let basis = await store.load();
          for (let attempts = 1; attempts <= 5; attempts += 1) {
            const record = recordOf(writer, { attempts });
            basis = await store.commit({
              message: `${writer} ${attempts}`,
              services: [{ name: writer, record }],
              basis,
            });
          }
        }),
      );
      const end = await bench.open({ writer: "e" }).load();
      expect(end.generation).toBe(21);
      for (const writer of writers) expect(end.services.get(writer)?.record?.attempts).toBe(5);
    });

    test("of writers that race to create one service, one wins and the others are told", async () => {
      await using bench = await makeBench();
      const stores = ["a", "b", "c"].map((writer) => bench.open({ writer }));
      // All have seen that there is none, before any of them writes.
      const bases = await Promise.all(stores.map((store) => store.load()));
      const outcomes = await Promise.allSettled(
        stores.map((store, index) => create(store, "web", { basis: bases[index] })),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const reasons = outcomes.flatMap((outcome): unknown[] => (outcome.status === "rejected" ? [outcome.reason] : []));
      expect(reasons.every((reason) => reason instanceof StateConflict)).toBe(true);
    });

    test("contents are kept as long as a record names them", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const entries = [
        { path: ".hidden", mode: "file", content: Buffer.from([0, 255, 10]) },
        { path: "bin/run", mode: "executable", content: Buffer.from("#!/bin/sh\n") },
        { path: "link", mode: "symlink", content: Buffer.from("bin/run") },
      ] as const;
      const content = contentId(entries);
      const file = { local_path: "app", path: "app", content, kind: "directory" } as const;
      const record = recordOf("web");
      const withFiles = {
        ...record,
        deployments: record.deployments.map((deployment) => ({ ...deployment, files: [file] })),
      };
      const basis = await store.load();
      await expect(
        store.commit({ message: "Without", services: [{ name: "web", record: withFiles }], basis }),
      ).rejects.toThrow(/neither kept nor given/);
      const pinned = { ...file, entries };
      let now = await store.commit({
        message: "With",
        services: [{ name: "web", record: withFiles }],
        contents: [pinned],
        basis,
      });
      const read = await bench.open({ writer: "b" }).readContent(content);
      expect(read.map((entry) => ({ ...entry, content: Buffer.from(entry.content) }))).toEqual(entries);
      now = await store.commit({
        message: "Go on",
        services: [{ name: "web", record: { ...withFiles, attempts: 7 } }],
        basis: now,
      });
      expect(await store.readContent(content)).toHaveLength(3);
      now = await store.commit({ message: "Drop", services: [{ name: "web", record }], basis: now });
      await expect(store.readContent(content)).rejects.toMatchObject({ code: "state-content-missing" });
      expect(await bench.file(`files/${content.slice(7)}/tree/link`)).toBeNull();
    });

    test("derived files are drawn from the final tree of every commit, and removed when drawn no more", async () => {
      await using bench = await makeBench();
      const derive: Derive = ({ services, generation }) =>
        new Map([
          ["README.md", `${generation}\n`],
          ...[...services.keys()].map((name) => [`proxy/nginx/${name}.conf`, name] as const),
        ]);
      const [a, b] = [bench.open({ derive, writer: "a" }), bench.open({ derive, writer: "b" })];
      await b.load();
      await create(a, "web");
      const basis = await create(b, "api");
      expect(await bench.file("README.md")).toBe("2\n");
      expect(await bench.file("proxy/nginx/web.conf")).toBe("web");
      await b.commit({ message: "Remove", services: [{ name: "web", record: null }], basis });
      expect(await bench.file("README.md")).toBe("3\n");
      expect(await bench.file("proxy/nginx/web.conf")).toBeNull();
      expect(await bench.file("proxy/nginx/api.conf")).toBe("api");
    });

    test("a record that would not be read back is not written", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const basis = await store.load();
      const write = store.commit({ message: "Bad", services: [{ name: "web", record: recordOf("api") }], basis });
      await expect(write).rejects.toThrow("services/4b/web.json: name: expected web, got api");
      const spoilt = recordOf("web", { attempts: -1 });
      await expect(
        store.commit({ message: "Bad", services: [{ name: "web", record: spoilt }], basis }),
      ).rejects.toThrow(/web.json: attempts/);
      expect((await store.load()).commit).toBeNull();
    });

    test("edits by hand are taken when they are valid, and named when they are not", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      await create(store, "web");
      const text = (await bench.file("services/4b/web.json")) ?? "";
      await bench.edit({ "services/4b/web.json": text.replace('"attempts": 1', '"attempts":4'), NOTES: "kept\n" });
      const edited = await store.load();
      expect(edited.services.get("web")?.record?.attempts).toBe(4);
      expect(edited.generation).toBe(2);
      // A store that sees the branch for the first time counts the same.
      expect(await bench.open({ writer: "b" }).load()).toEqual(edited);
      await store.commit({ message: "Go on", services: [{ name: "web", lease: leaseOf("a", 1) }], basis: edited });
      expect(await bench.file("NOTES")).toBe("kept\n");
      await bench.edit({ "services/4b/web.json": text.replace('"attempts": 1', '"attempts": "many"') });
      await expect(store.load()).rejects.toThrow(/services\/4b\/web.json:\d+:3: attempts: .*expected number/);
      await bench.edit({ "services/4b/web.json": text.replace('"commands": [', '"commands": ["rm -rf",') });
      await expect(store.load()).rejects.toThrow(/deployments\[0\].fingerprint: expected sha256:/);
      await bench.edit({ "services/4b/web.json": text.slice(0, 40) });
      await expect(store.load()).rejects.toThrow(/services\/4b\/web.json:4:3: expected a string/);
      await bench.edit({ "services/4b/web.json": text, "services/00/api.json": text });
      await expect(store.load()).rejects.toThrow(/services\/00\/api.json: expected services\/[0-9a-f]{2}\/api.json/);
    });

    test("a format of the future is neither read nor written", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const basis = await create(store, "web");
      await bench.edit({ format: '{ "version": 2, "stateId": "x", "more": true }\n' });
      await expect(store.load()).rejects.toMatchObject({ code: "state-newer-format" });
      const write = store.commit({ message: "Write", services: [{ name: "web", lease: leaseOf("a", 1) }], basis });
      await expect(write).rejects.toMatchObject({ code: "state-newer-format" });
      expect(await bench.file("leases/4b/web.json")).toBeNull();
    });

    test("a branch of somebody else is left alone", async () => {
      await using bench = await makeBench();
      await bench.edit({ "README.md": "mine\n" });
      await expect(bench.open().load()).rejects.toThrow(/holds no state of dstack-gitops|no trailer/);
    });

    test("a branch that is gone, or rewound, is an error and never an empty state", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      let basis = await create(store, "web");
      basis = await store.commit({ message: "Lease", services: [{ name: "web", lease: leaseOf("a", 1) }], basis });
      await bench.rewind(1);
      await expect(store.load()).rejects.toMatchObject({ code: "state-rewound" });
      const write = { message: "Go on", services: [{ name: "web", lease: leaseOf("a", 2) }], basis };
      await expect(store.commit(write)).rejects.toMatchObject({ code: "state-rewound" });
      await bench.remove();
      await expect(store.load()).rejects.toMatchObject({ code: "state-branch-missing" });
      await expect(store.commit(write)).rejects.toMatchObject({ code: "state-branch-missing" });
    });

    test("an interrupted caller does not interrupt others", async () => {
      await using bench = await makeBench();
      const store = bench.open();
      const basis = await create(store, "web");
      const controller = new AbortController();
      const [first, second] = await Promise.allSettled([
        store.commit(
          { message: "a", services: [{ name: "a", record: recordOf("a") }], basis },
          AbortSignal.abort(new Error("stop")),
        ),
        store.commit({ message: "b", services: [{ name: "b", record: recordOf("b") }], basis }, controller.signal),
      ]);
      expect(first).toMatchObject({ status: "rejected", reason: { message: "stop" } });
      expect(second).toMatchObject({ status: "fulfilled" });
      expect([...(await store.load()).services.keys()].toSorted()).toEqual(["b", "web"]);
    });
  });
}

/** Writes a first record on the newest state. */
export async function create(
  store: StateStore,
  name: string,
  {
    basis,
    ...more
  }: {
    readonly intents?: ReturnType<typeof intentOf>[];
    readonly lease?: ReturnType<typeof leaseOf>;
    readonly basis?: Snapshot | undefined;
  } = {},
): Promise<Snapshot> {
  return store.commit({
    message: `Create ${name}`,
    services: [{ name, record: recordOf(name), ...more }],
    basis: basis ?? (await store.load()),
  });
}
