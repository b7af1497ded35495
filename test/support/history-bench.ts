import { join } from "node:path";

import type { HistoryLimits } from "../../src/config/settings.ts";
import { git } from "../../src/git/git.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { compactBranch } from "../../src/state/compact-branch.ts";
import type { CompactionOutcome } from "../../src/state/compact-branch.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { gitHistory } from "../../src/state/git-history.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { Fault } from "../../src/state/memory.ts";
import type { Past } from "../../src/state/past.ts";
import type { Snapshot, StateStore } from "../../src/state/store.ts";
import { startGitHttp } from "./git-http.ts";
import type { GitHttpServer } from "./git-http.ts";
import { stateBranch, stateBranchIn } from "./state-branch.ts";
import { recordOf } from "./state-values.ts";
import { tempDirectory, tempRepository } from "./temp-repository.ts";

/** A state branch with the stores that are opened on it, and a clock that a test moves. */
export interface HistoryBench extends AsyncDisposable {
  readonly clock: Clock & { advance(ms: number): void };
  open(writer: string): StateStore;
  past(): Promise<Past>;
  compact(limits: HistoryLimits): Promise<CompactionOutcome>;
  at(commit: Past["commits"][number]): Promise<Snapshot>;
}

/** A bench whose branch is a real one, in a repository that git can look at. */
export interface GitHistoryBench extends HistoryBench {
  /** The repository that has the branch. */
  readonly path: string;
  readonly branch: ReturnType<typeof stateBranchIn>;
  readonly server: GitHttpServer | null;
}

const hour = 60 * 60_000;

/** A clock that stands still until it is moved, from a day on. */
export function handClock(): HistoryBench["clock"] {
  let now = Date.UTC(2026, 0, 1);
  return { now: () => now, sleep: async () => {}, advance: (ms) => void (now += ms) };
}

export async function memoryBench(fault?: () => Fault | null): Promise<HistoryBench> {
  const clock = handClock();
  const branch = memoryBranch((operation) => (operation === "write" ? (fault?.() ?? null) : null), clock);
  return {
    clock,
    open: (writer) => memoryStore({ clock, branch, writer }),
    past: () => branch.past(() => true),
    at: async (commit) => {
      const { createPartCache } = await import("../../src/state/read-tip.ts");
      return createPartCache(branch).read(await branch.stateAt(commit));
    },
    async compact(limits) {
      const seen = await memoryStore({ clock, branch, writer: "seen" }).load();
      return compactBranch(branch, { limits, now: clock.now(), nonce: `compaction-${clock.now()}`, seen });
    },
    async [Symbol.asyncDispose]() {},
  };
}

export async function localBench(): Promise<GitHistoryBench> {
  const repository = await tempRepository();
  return gitBench({ root: repository.path, path: repository.path, remote: null, env: process.env }, async () =>
    repository[Symbol.asyncDispose](),
  );
}

/** Over HTTP, each writer with a cache of its own, as on hosts of their own. */
export async function httpBench(): Promise<GitHistoryBench> {
  const stack = new AsyncDisposableStack();
  const remote = stack.use(await tempRepository({ bare: true }));
  const user = stack.use(await tempRepository());
  const cache = stack.use(await tempDirectory());
  const server = stack.use(await startGitHttp(join(remote.path, ".."), null));
  await git(["config", "uploadpack.allowFilter", "true"], { cwd: remote.path });
  await user.git("remote", "add", "origin", `${server.url}/repository.git`);
  const env = { ...process.env, XDG_CACHE_HOME: cache.path };
  return gitBench({ root: user.path, path: remote.path, remote: "origin", env, server }, () => stack.disposeAsync());
}

interface Place {
  readonly root: string;
  readonly path: string;
  readonly remote: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly server?: GitHttpServer;
}

function gitBench({ root, path, remote, env, server }: Place, dispose: () => Promise<void>): GitHistoryBench {
  const clock = handClock();
  const opened: AsyncDisposable[] = [];
  const common = { root, branch: stateBranch, remote, clock };
  return {
    clock,
    path,
    branch: stateBranchIn(path),
    server: server ?? null,
    open(writer) {
      const own = { ...env, XDG_CACHE_HOME: `${env["XDG_CACHE_HOME"]}/${writer}` };
      const store = gitBranchStore({ ...common, env: remote === null ? env : own });
      opened.push(store);
      return store;
    },
    past: async () => (await gitHistory({ ...common, env })).read(() => false),
    at: async (commit) => (await gitHistory({ ...common, env })).at(commit),
    async compact(limits) {
      await using store = gitBranchStore({ ...common, env });
      return await (await gitHistory({ ...common, env })).compact(limits, await store.load());
    },
    async [Symbol.asyncDispose]() {
      for (const each of opened) await each[Symbol.asyncDispose]();
      await dispose();
    },
  };
}

/** Writes so many commits about a service, an hour apart. */
export async function writeCommits(
  bench: HistoryBench,
  store: StateStore,
  { name, count }: { readonly name: string; readonly count: number },
): Promise<Snapshot> {
  let now = await store.load();
  for (let index = 0; index < count; index += 1) {
    bench.clock.advance(hour);
    const attempts = (now.services.get(name)?.record?.attempts ?? 0) + 1;
    const services = [{ name, record: recordOf(name, { attempts }) }];
    now = await store.commit({ message: `${name}: attempt ${attempts}`, services, basis: now });
  }
  return now;
}
