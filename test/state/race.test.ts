import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { startGitHttp } from "../support/git-http.ts";
import { stateBranch } from "../support/state-branch.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";

const program = fileURLToPath(new URL("programs/writer.ts", import.meta.url));

interface Outcome {
  readonly code: number | null;
  /** The last number that the writer was told is written. */
  readonly acknowledged: number;
  readonly errors: string;
}

async function write(args: readonly string[], options: { cache: string; killAfter?: number }): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, XDG_CACHE_HOME: options.cache } });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (options.killAfter !== undefined && output.split("\n").length > options.killAfter) child.kill("SIGKILL");
  });
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  await once(child, "close");
  return { code: child.exitCode, acknowledged: Number(output.trim().split("\n").at(-1) ?? 0), errors };
}

test.for(["none", "path", "http"] as const)(
  "processes that write to one branch lose nothing that was acknowledged: %s",
  { timeout: 180_000 },
  async (kind) => {
    await using user = await tempRepository();
    await using remote = await tempRepository({ bare: true });
    await using cache = await tempDirectory();
    await using server = await startGitHttp(join(remote.path, ".."), null);
    const target = { none: "none", path: remote.path, http: `${server.url}/repository.git` }[kind];
    const names = ["a", "b", "c", "d"];
    const outcomes = await Promise.all([
      ...names.map((name) => write([user.path, target, name, "6"], { cache: cache.path })),
      // Two that want the same service, and one that is killed while it writes.
      write([user.path, target, "shared", "4"], { cache: cache.path }),
      write([user.path, target, "shared", "4"], { cache: cache.path }),
      write([user.path, target, "killed", "50"], { cache: cache.path, killAfter: 3 }),
    ]);
    expect(outcomes.slice(0, 6).map(({ code, errors }) => ({ code, errors }))).toEqual(
      Array.from({ length: 6 }, () => ({ code: 0, errors: "" })),
    );
    const env = { ...process.env, XDG_CACHE_HOME: cache.path };
    await using store = gitBranchStore({
      root: user.path,
      branch: stateBranch,
      remote: kind === "none" ? null : target,
      clock: systemClock,
      env,
    });
    const end = await store.load();
    const attempts = (name: string): number => end.services.get(name)?.record?.attempts ?? 0;
    for (const name of names) expect(attempts(name)).toBe(6);
    expect(attempts("shared")).toBe(8);
    const killed = outcomes[6]?.acknowledged ?? 0;
    expect(killed).toBeGreaterThanOrEqual(3);
    expect(attempts("killed")).toBeGreaterThanOrEqual(killed);
    expect(end.generation).toBe(24 + 8 + attempts("killed"));
  },
);

test(
  "processes take turns: nobody is overtaken twice by the same one, though some are killed",
  { timeout: 180_000 },
  async () => {
    await using user = await tempRepository();
    await using remote = await tempRepository({ bare: true });
    await using cache = await tempDirectory();
    await using server = await startGitHttp(join(remote.path, ".."), null);
    const target = `${server.url}/repository.git`;
    const names = Array.from({ length: 8 }, (_, index) => `w${index}`);
    const place = { cache: cache.path };
    const run = async (name: string, count: string) => write([user.path, target, name, count], place);
    // Until it has written as often as the others, one is killed after each write, and started again.
    const unlucky = async (): Promise<number> => {
      let last = 0;
      while (last < 4)
        last = (await write([user.path, target, "unlucky", "50"], { ...place, killAfter: 1 })).acknowledged;
      return last;
    };
    const [acknowledged, ...outcomes] = await Promise.all([unlucky(), ...names.map((name) => run(name, "5"))]);
    expect(outcomes.map(({ code, errors }) => ({ code, errors }))).toEqual(names.map(() => ({ code: 0, errors: "" })));
    const log = (await remote.git("log", "--reverse", "--format=%s", stateBranch)).split("\n");
    const authors = log.map((line) => line.split(" ")[0] ?? "");
    for (const name of names) expect(authors.filter((author) => author === name)).toHaveLength(5);
    expect(authors.filter((author) => author === "unlucky").length).toBeGreaterThanOrEqual(acknowledged);
    for (const name of names) {
      const own = authors.flatMap((author, index) => (author === name ? [index] : []));
      const between = own.slice(1).map((end, index) => authors.slice((own[index] ?? 0) + 1, end));
      const most = between.flatMap((others) =>
        names.map((other) => others.filter((author) => author === other).length),
      );
      expect(Math.max(...most)).toBeLessThanOrEqual(2);
    }
  },
);
