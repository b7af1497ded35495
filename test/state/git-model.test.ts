import { join } from "node:path";

import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";

import { readObjects } from "../../src/git/cat-file.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { partPath } from "../../src/state/layout.ts";
import { StateConflict } from "../../src/state/store.ts";
import type { Snapshot, StateStore } from "../../src/state/store.ts";
import { faultyGit } from "../support/faulty-git.ts";
import type { GitFault } from "../support/faulty-git.ts";
import { startGitHttp } from "../support/git-http.ts";
import type { GitHttpFault } from "../support/git-http.ts";
import { stateBranch } from "../support/state-branch.ts";
import { recordOf } from "../support/state-values.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";

const names = ["a", "b"] as const;

interface Step {
  readonly writer: number;
  readonly action: "load" | "write";
  readonly targets: readonly (typeof names)[number][];
  /** Goes on with the next step without waiting for this one. */
  readonly together: boolean;
  /** Of the next requests to the server, and of the next calls of git, while the step and those beside it run. */
  readonly requests: readonly (GitHttpFault | null)[];
  readonly calls: readonly GitFault[];
}

const requestFault: fc.Arbitrary<GitHttpFault | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<GitHttpFault>({ kind: "drop-answer" }, { kind: "truncate" }, { kind: "reset" }),
  },
  { weight: 1, arbitrary: fc.constant<GitHttpFault>({ kind: "delay", ms: 50 }) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(401, 403, 404, 429, 500, 502, 503)
      .map((status): GitHttpFault => ({ kind: "status", status })),
  },
);

const step: fc.Arbitrary<Step> = fc.record({
  writer: fc.nat(2),
  action: fc.constantFrom("load", "write", "write", "write"),
  targets: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
  together: fc.boolean(),
  requests: fc.array(requestFault, { maxLength: 5 }),
  calls: fc.array(
    fc.constantFrom<GitFault>(
      "none",
      "none",
      "none",
      "fail-before",
      "fail-after",
      "kill-before",
      "kill-amid",
      "kill-after",
    ),
    { maxLength: 5 },
  ),
});

/** A write as the model sees it: which value each service was read with, and which it was given. */
interface Attempted {
  readonly read: ReadonlyMap<string, number>;
  readonly written: ReadonlyMap<string, number>;
  readonly outcome: "acknowledged" | "refused" | "failed";
}

afterEach(() => void vi.unstubAllEnvs());

/** Plays steps against a real remote; then all is well again, and every store must be able to go on. */
async function play(steps: readonly Step[]) {
  await using remote = await tempRepository({ bare: true });
  await using user = await tempRepository();
  await using caches = await tempDirectory();
  await using faulty = await faultyGit();
  await using server = await startGitHttp(join(remote.path, ".."), null);
  await using stack = new AsyncDisposableStack();
  const clock = hurriedClock();
  const url = `${server.url}/repository.git`;
  // Two of one machine, one of another.
  const open = (host: string) =>
    stack.use(
      gitBranchStore({
        root: user.path,
        branch: stateBranch,
        remote: url,
        clock,
        env: { ...process.env, XDG_CACHE_HOME: join(caches.path, host) },
      }),
    );
  const stores = [open("one"), open("one"), open("two")] as const;
  const bases: (Snapshot | undefined)[] = [];
  const attempted: Attempted[] = [];
  let value = 0;
  let requests: readonly (GitHttpFault | null)[] = [];
  server.setFault(() => {
    const [next = null, ...rest] = requests;
    requests = rest;
    return next;
  });
  for (const store of stores) bases.push(await store.load());
  vi.stubEnv("PATH", faulty.path);
  let running: Promise<void>[] = [];
  for (const current of steps) {
    requests = current.requests;
    await faulty.plan(current.calls);
    running.push(run(current, stores[current.writer] ?? stores[0]));
    if (current.together) continue;
    await Promise.all(running);
    running = [];
  }
  await Promise.all(running);
  requests = [];
  await faulty.plan([]);
  for (const [writer, store] of stores.entries()) {
    bases[writer] = await store.load();
    await run({ writer, action: "write", targets: ["a"] }, store);
    expect(attempted.at(-1)?.outcome).toBe("acknowledged");
  }
  vi.unstubAllEnvs();
  const end = await open("three").load();
  expect((await remote.git("fsck", "--strict", "--full", "--no-dangling")).trim()).toBe("");
  return {
    attempted,
    end,
    history: await historyOf(remote.path, await remote.git("rev-list", "--reverse", stateBranch)),
  };

  async function run(
    { writer, action, targets }: Pick<Step, "writer" | "action" | "targets">,
    store: StateStore,
  ): Promise<void> {
    const basis = bases[writer];
    if (action === "load" || basis === undefined) {
      bases[writer] = await store.load().catch(() => basis);
      return;
    }
    const written = new Map(targets.map((name) => [name, (value += 1)]));
    const services = targets.map((name) => ({ name, record: recordOf(name, { attempts: written.get(name) ?? 0 }) }));
    const read = new Map(targets.map((name) => [name, basis.services.get(name)?.record?.attempts ?? 0]));
    try {
      bases[writer] = await store.commit({ message: "Write", services, basis });
      attempted.push({ read, written, outcome: "acknowledged" });
    } catch (error) {
      attempted.push({ read, written, outcome: error instanceof StateConflict ? "refused" : "failed" });
    }
  }
}

/** Waiting takes no time; everything else does. */
function hurriedClock(): Clock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    async sleep(ms, signal) {
      ahead += ms;
      await systemClock.sleep(2, signal);
    },
  };
}

/** The value of each service at every commit, oldest first. */
async function historyOf(repository: string, commits: string): Promise<readonly ReadonlyMap<string, number>[]> {
  return Promise.all(
    commits.split("\n").map(async (commit) => {
      const objects = await readObjects(
        names.map((name) => `${commit}:${partPath("record", name)}`),
        { cwd: repository },
      );
      return new Map(
        names.map((name, index) => [
          name,
          Number(/"attempts": (\d+)/.exec(objects[index]?.bytes.toString() ?? "")?.[1] ?? 0),
        ]),
      );
    }),
  );
}

test(
  "on a real remote with faults at every request and every call of git, the store keeps what it promises",
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
        const { attempted, end, history } = await play(steps);
        expect(end.generation).toBe(history.length);
        const at = (name: string, index: number): number => history[index]?.get(name) ?? 0;
        for (const { read, written, outcome } of attempted) {
          const [first] = [...written];
          if (first === undefined) continue;
          const index = history.findIndex((_, here) => at(first[0], here) === first[1]);
          if (outcome === "acknowledged") expect(index).not.toBe(-1);
          if (outcome === "refused") expect(index).toBe(-1);
          if (index === -1) continue;
          // All of a change in one commit, on top of what it read, and once.
          for (const [name, value] of written) {
            expect(at(name, index)).toBe(value);
            const changes = history.filter((_, here) => at(name, here) === value && at(name, here - 1) !== value);
            expect(changes).toHaveLength(1);
          }
          for (const [name, value] of read) expect(at(name, index - 1)).toBe(value);
        }
        for (const name of names)
          expect(end.services.get(name)?.record?.attempts ?? 0).toBe(at(name, history.length - 1));
      }),
      { numRuns: Number(process.env["MODEL_RUNS"] ?? 5), endOnFailure: true },
    );
  },
);
