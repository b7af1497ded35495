import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { parseSettings } from "../src/config/settings-file.ts";
import { git } from "../src/git/git.ts";
import { systemClock } from "../src/lib/clock.ts";
import { statusPages } from "../src/report/status-pages.ts";
import { gitBranchStore } from "../src/state/git-branch.ts";
import { partPath } from "../src/state/layout.ts";
import type { Snapshot, StateStore } from "../src/state/store.ts";
import { recordOf } from "../test/support/state-values.ts";
import { tempDirectory, tempRepository } from "../test/support/temp-repository.ts";

const serverProgram = fileURLToPath(new URL("programs/git-server.ts", import.meta.url));

/** A state branch on a server of its own, and stores that know nothing but what the cache of this machine holds. */
export interface StateBranch extends AsyncDisposable {
  readonly url: string;
  open(): StateStore & AsyncDisposable;
}

/** One write on what was read. */
export async function writeOnce(store: StateStore, basis: Snapshot): Promise<Snapshot> {
  const attempts = (basis.services.get("service-0")?.record?.attempts ?? 0) + 1;
  const services = [{ name: "service-0", record: recordOf("service-0", { attempts }) }];
  return store.commit({ message: `Write ${attempts}`, services, basis });
}

/** A branch with so many services, and so many commits. */
export async function stateBranch(services: number, commits: number): Promise<StateBranch> {
  const stack = new AsyncDisposableStack();
  const remote = stack.use(await tempRepository({ bare: true }));
  const user = stack.use(await tempRepository());
  const cache = stack.use(await tempDirectory());
  const url = `${await serve(join(remote.path, ".."), stack)}/repository.git`;
  const env = { ...process.env, XDG_CACHE_HOME: cache.path };
  const { settings } = parseSettings(null);
  if (settings === null) throw new Error("there are no default settings");
  const derive = statusPages(settings);
  const open = () =>
    gitBranchStore({ root: user.path, branch: "dstack-state", remote: url, clock: systemClock, derive, env });
  await using store = open();
  const names = Array.from({ length: services }, (_, index) => `service-${index}`);
  const basis = await store.load();
  await store.commit({ message: "Begin", services: names.map((name) => ({ name, record: recordOf(name) })), basis });
  await git(["fast-import", "--quiet"], { cwd: remote.path, input: await historyOf(remote.path, commits) });
  return { url, open, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Commits that write one record again and again, as `git fast-import` takes them. */
async function historyOf(repository: string, commits: number): Promise<string> {
  const path = partPath("record", "service-0");
  const { text } = await git(["show", `dstack-state:${path}`], { cwd: repository });
  const lines: string[] = [];
  for (let generation = 2; generation <= commits; generation += 1) {
    const message = `Write\n\nGeneration: ${generation}\nNonce: ${generation}\n`;
    const record = `${text.replace(/"attempts": \d+/, `"attempts": ${generation}`)}\n`;
    lines.push(
      "commit refs/heads/dstack-state\ncommitter bench <bench@example.com> 1760000000 +0000",
      `data ${Buffer.byteLength(message)}\n${message}${generation === 2 ? "from refs/heads/dstack-state^0\n" : ""}M 100644 inline ${path}`,
      `data ${Buffer.byteLength(record)}\n${record}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** In a process of its own, so that serving is no work of ours. */
async function serve(root: string, stack: AsyncDisposableStack): Promise<string> {
  const server = spawn(process.execPath, [serverProgram, root], { stdio: ["pipe", "pipe", "inherit"] });
  stack.defer(async () => {
    server.stdin.end();
    if (server.exitCode === null) await once(server, "close");
  });
  const printed: readonly unknown[] = await once(createInterface({ input: server.stdout }), "line");
  return String(printed[0]);
}
