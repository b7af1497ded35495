import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { startGitHttp } from "../support/git-http.ts";
import type { GitHttpFault } from "../support/git-http.ts";
import { stateBranch, stateBranchIn } from "../support/state-branch.ts";
import { leaseOf, recordOf } from "../support/state-values.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";
import { create } from "./store-contract.ts";

const token = "t0ken-for-tests";

async function httpBench(env: Readonly<Record<string, string>> = { DSTACK_GITOPS_TOKEN: token }) {
  const stack = new AsyncDisposableStack();
  const remote = stack.use(await tempRepository({ bare: true }));
  const user = stack.use(await tempRepository());
  const cache = stack.use(await tempDirectory());
  const server = stack.use(await startGitHttp(join(remote.path, ".."), token));
  const url = `${server.url}/repository.git`;
  await user.git("remote", "add", "origin", url);
  const { DSTACK_GITOPS_TOKEN: _, GITHUB_TOKEN: __, ...rest } = process.env;
  const open = (more: Readonly<Record<string, string>> = env) =>
    stack.use(
      gitBranchStore({
        root: user.path,
        branch: stateBranch,
        remote: "origin",
        clock: systemClock,
        env: { ...rest, XDG_CACHE_HOME: cache.path, ...more },
      }),
    );
  return {
    remote,
    user,
    server,
    url,
    open,
    branch: stateBranchIn(remote.path),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test.for([
  { name: "a wrong token", fault: null, env: { DSTACK_GITOPS_TOKEN: "wrong" }, code: "git-unauthorized" },
  { name: "no token", fault: null, env: {}, code: "git-unauthorized" },
  { name: "403", fault: { kind: "status", status: 403 }, env: { DSTACK_GITOPS_TOKEN: token }, code: "git-forbidden" },
  {
    name: "404",
    fault: { kind: "status", status: 404 },
    env: { DSTACK_GITOPS_TOKEN: token },
    code: "git-missing-repository",
  },
  { name: "500", fault: { kind: "status", status: 500 }, env: { DSTACK_GITOPS_TOKEN: token }, code: "git-server" },
  { name: "503", fault: { kind: "status", status: 503 }, env: { DSTACK_GITOPS_TOKEN: token }, code: "git-server" },
] as const)("a failed fetch is an error, never an empty state: $name", async ({ fault, env, code }) => {
  await using bench = await httpBench();
  bench.server.setFault(() => fault);
  await expect(bench.open(env).load()).rejects.toMatchObject({ code });
});

test("a remote that nobody answers for is an error", async () => {
  await using bench = await httpBench();
  await bench.user.git("remote", "set-url", "origin", "http://127.0.0.1:9/repository.git");
  await expect(bench.open().load()).rejects.toMatchObject({ code: "git-network" });
});

test("GITHUB_TOKEN goes to GitHub's own server and to no other", async () => {
  await using bench = await httpBench();
  await expect(bench.open({ GITHUB_TOKEN: token }).load()).rejects.toMatchObject({ code: "git-unauthorized" });
  expect(bench.server.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
  const own = bench.open({ GITHUB_TOKEN: token, GITHUB_SERVER_URL: bench.server.url });
  expect(await own.load()).toMatchObject({ commit: null });
});

test("a header that the repository has configured for the host is replaced, not doubled", async () => {
  await using bench = await httpBench();
  await bench.user.git("config", `http.${bench.server.url}/.extraHeader`, "Authorization: Basic b2xk");
  expect(await bench.open().load()).toMatchObject({ commit: null });
});

test("credentials that the repository has configured are used without a token", async () => {
  await using bench = await httpBench();
  const header = `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  await bench.user.git("config", `http.${bench.server.url}/.extraHeader`, header);
  expect((await create(bench.open({}), "web")).generation).toBe(1);
});

test("credentials in an URL are in no message", async () => {
  await using bench = await httpBench();
  await bench.user.git("remote", "set-url", "origin", bench.url.replace("//", "//someone:hidden@"));
  const error: unknown = await bench
    .open({})
    .load()
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "git-unauthorized" });
  expect(String(error)).not.toContain("hidden");
});

const isPush = (path: string): boolean => path.endsWith("/git-receive-pack");

test("a push whose answer is lost is found again, and not written twice", async () => {
  await using bench = await httpBench();
  const store = bench.open();
  await create(store, "web");
  let lost = 1;
  bench.server.setFault((path) => (isPush(path) && lost-- > 0 ? { kind: "drop-answer" } : null));
  const written = await create(store, "api");
  expect(written.generation).toBe(2);
  expect(await bench.branch.commits()).toBe(2);
});

test("a push whose answer is lost is found again below what others wrote since", async () => {
  await using bench = await httpBench();
  const [store, other] = [bench.open(), bench.open()];
  const basis = await create(store, "web");
  await other.load();
  let lost = 1;
  let others: Promise<unknown> = Promise.resolve();
  bench.server.setFault((path): GitHttpFault | null => {
    if (!isPush(path) || lost-- <= 0) return null;
    // By the time that the store looks again, the branch has gone on.
    others = systemClock.sleep(60).then(() => create(other, "other"));
    return { kind: "drop-answer" };
  });
  const change = { name: "api", record: recordOf("api"), lease: leaseOf("a", 1) };
  const written = await store.commit({ message: "Create api", services: [change], basis });
  await others;
  expect(written.services.get("api")?.lease).toEqual(leaseOf("a", 1));
  expect(await bench.branch.commits()).toBe(3);
});

test("a push that fails before it is done is tried again", async () => {
  await using bench = await httpBench();
  const store = bench.open();
  let failing = 2;
  bench.server.setFault((path) => (isPush(path) && failing-- > 0 ? { kind: "status", status: 502 } : null));
  expect((await create(store, "web")).generation).toBe(1);
  expect(await bench.branch.commits()).toBe(1);
});

test("a push that may not be made says so at once", async () => {
  await using bench = await httpBench();
  const store = bench.open();
  bench.server.setFault((path) => (path.includes("git-receive-pack") ? { kind: "status", status: 403 } : null));
  await expect(create(store, "web")).rejects.toMatchObject({ code: "git-forbidden" });
  expect(bench.server.requests.filter(({ path }) => path.includes("git-receive-pack"))).toHaveLength(1);
});

test("a hook that declines is a protection, with its own words", async () => {
  await using bench = await httpBench();
  const hook = join(bench.remote.path, "hooks", "pre-receive");
  await writeFile(hook, "#!/bin/sh\necho 'state must be signed' >&2\nexit 1\n");
  await chmod(hook, 0o755);
  const write = create(bench.open(), "web");
  await expect(write).rejects.toMatchObject({ code: "git-protected" });
  await expect(write).rejects.toThrow(/state must be signed/);
});

test("a slow remote is given up when the caller is interrupted", async () => {
  await using bench = await httpBench();
  bench.server.setFault(() => ({ kind: "delay", ms: 3_000 }));
  const started = performance.now();
  await expect(bench.open().load(AbortSignal.timeout(300))).rejects.toMatchObject({ code: "git-aborted" });
  expect(performance.now() - started).toBeLessThan(2_500);
});

/** Where a cache has what belongs to its only remote. */
async function placeIn(cache: string): Promise<string> {
  const [id = ""] = await readdir(join(cache, "dstack-gitops"));
  return join(cache, "dstack-gitops", id);
}

test("what a killed process left is swept, and what one process fetched, the next one has too", async () => {
  await using bench = await httpBench();
  await using cache = await tempDirectory();
  const env = { DSTACK_GITOPS_TOKEN: token, XDG_CACHE_HOME: cache.path };
  {
    await using store = bench.open(env);
    await create(store, "web");
  }
  const place = await placeIn(cache.path);
  await mkdir(join(place, "busy", "4194304-1-dead.git"));
  {
    await using store = bench.open(env);
    expect((await store.load()).services.size).toBe(1);
    expect(await readdir(join(place, "busy"))).toHaveLength(1);
  }
  expect(await readdir(join(place, "busy"))).toEqual([]);
  const shared = (await readdir(place)).filter((name) => name.endsWith(".git"));
  expect(shared).toEqual(["sha1-000001.git"]);
});

test("shared objects that another process has only begun to make are used, and made whole", async () => {
  await using bench = await httpBench();
  await create(bench.open(), "web");
  await using cache = await tempDirectory();
  const env = { DSTACK_GITOPS_TOKEN: token, XDG_CACHE_HOME: cache.path };
  {
    await using store = bench.open(env);
    await store.load();
  }
  await rm(join(await placeIn(cache.path), "sha1-000001.git", "objects"), { recursive: true });
  await using store = bench.open(env);
  expect((await store.load()).services.size).toBe(1);
});

test.for(["shallow.lock", "refs/dstack-gitops/tip.lock"])(
  "a killed call of git that left %s is in nobody's way",
  async (lock) => {
    await using bench = await httpBench();
    await using cache = await tempDirectory();
    const env = { DSTACK_GITOPS_TOKEN: token, XDG_CACHE_HOME: cache.path };
    await create(bench.open(), "web");
    const store = bench.open(env);
    // Opened, but nothing was fetched yet.
    bench.server.setFault(() => ({ kind: "status", status: 500 }));
    await expect(store.load()).rejects.toMatchObject({ code: "git-server" });
    bench.server.setFault(() => null);
    const [busy = ""] = (await readdir(cache.path, { recursive: true })).filter((path) =>
      /\/busy\/[^/]+\.git$/.test(path),
    );
    await writeFile(join(cache.path, busy, lock), "");
    expect((await store.load()).services.size).toBe(1);
  },
);

test("a write on what another process of this machine wrote fetches nothing", async () => {
  await using bench = await httpBench();
  const [store, other] = [bench.open(), bench.open()];
  await create(store, "web");
  const basis = await other.load();
  await create(store, "api");
  const before = bench.server.requests.length;
  const written = await other.commit({ message: "Go on", services: [{ name: "web", lease: leaseOf("a", 1) }], basis });
  expect(written.services.get("api")).toBeDefined();
  expect(written.generation).toBe(3);
  const paths = bench.server.requests.slice(before).map(({ path }) => path.replace(/^.*\//, ""));
  expect(paths).toEqual(["refs?service=git-receive-pack", "git-receive-pack"]);
});

test("a branch that was rewound since another process of this machine wrote is refused", async () => {
  await using bench = await httpBench();
  const [store, other] = [bench.open(), bench.open()];
  await create(store, "web");
  const basis = await other.load();
  await create(store, "api");
  await bench.branch.rewind(1);
  const write = other.commit({ message: "Go on", services: [{ name: "web", lease: leaseOf("a", 1) }], basis });
  await expect(write).rejects.toMatchObject({ code: "state-rewound" });
});

test("of what a power failure left of that memory is known that there was a branch", async () => {
  await using bench = await httpBench();
  await using cache = await tempDirectory();
  const env = { DSTACK_GITOPS_TOKEN: token, XDG_CACHE_HOME: cache.path };
  {
    await using store = bench.open(env);
    await create(store, "web");
  }
  const place = await placeIn(cache.path);
  const [memory = ""] = (await readdir(place)).filter((name) => name.startsWith("seen-"));
  await writeFile(join(place, memory), "");
  {
    await using store = bench.open(env);
    expect((await store.load()).services.size).toBe(1);
  }
  expect(JSON.parse(await readFile(join(place, memory), "utf8"))).toMatchObject({ generation: 1 });
  // Looking again at what is known leaves nothing behind.
  const ends = async (): Promise<string> => readFile(join(place, "sha1-000001.git", "shallow"), "utf8").catch(() => "");
  const before = await ends();
  {
    await using store = bench.open(env);
    await store.load();
  }
  expect(await ends()).toBe(before);
  await writeFile(join(place, memory), "");
  await bench.branch.remove();
  await expect(bench.open(env).load()).rejects.toMatchObject({ code: "state-branch-missing" });
});

test("what this machine saw of a remote's branch outlives the process", async () => {
  await using bench = await httpBench();
  {
    await using store = bench.open();
    await create(store, "web");
  }
  await bench.branch.remove();
  await expect(bench.open().load()).rejects.toMatchObject({ code: "state-branch-missing" });
});
