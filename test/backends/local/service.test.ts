import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { MachineBackend } from "../../../src/backends/backend.ts";
import { decodeLogLine } from "../../../src/backends/local/log-format.ts";
import { createLogWriter } from "../../../src/backends/local/log-writer.ts";
import type { FileEntry } from "../../../src/config/files.ts";
import type { Job } from "../../../src/config/job.ts";
import { runtimeDirectory } from "../../../src/lib/runtime-directory.ts";
import { findPeer } from "../../support/peers.ts";
import { collect, endAll, get, gone, reached, until } from "../ask.ts";
import { makeRequest, owner, program } from "../request.ts";
import { makeLocal } from "./local-under-test.ts";
import type { LocalUnderTest } from "./local-under-test.ts";

describe("a service on the local backend", () => {
  let world: LocalUnderTest;
  let backend: MachineBackend;
  let attempts = 0;
  beforeAll(async () => {
    world = await makeLocal({ network: "isolated" });
    backend = world.open();
  });
  afterEach(async () => endAll(backend, owner));
  afterAll(async () => world[Symbol.asyncDispose]());

  async function start(
    overrides: Partial<Job>,
    rest: { readonly replica?: number; readonly files?: readonly FileEntry[]; readonly on?: MachineBackend } = {},
  ) {
    const { files, on = backend, replica = 0 } = rest;
    const readFile = files === undefined ? {} : { readFile: async () => files };
    const open = (): MachineBackend => on;
    return on.provision(
      await makeRequest({ open, job: {} }, { token: `web-7-${(attempts += 1)}`, replica, ...readFile }, overrides),
    );
  }

  it.each(["3.11", "3.12"])(
    "runs three replicas of `python -m http.server` on one port with Python %s",
    async (python) => {
      const uv = findPeer("uv");
      const PATH = `${process.env["PATH"]}${uv === null ? "" : `:${join(uv, "..")}`}`;
      const on = world.open({ environment: { ...world.options.environment, PATH } });
      const job = { python, commands: ["python3 -m http.server 8000"] };
      const offered = await makeRequest({ open: () => on, job: {} }, { token: "web-7-0" }, job).catch(
        (error: unknown) => String(error),
      );
      if (typeof offered === "string") {
        notRun(`http.server with Python ${python}: ${offered}`);
        return;
      }
      const started = await Promise.all([0, 1, 2].map(async (replica) => start(job, { replica, on })));
      const servers = await Promise.all(started.map(async (instance) => reached(on, instance)));
      const bodies = await Promise.all(servers.map(async ({ address }) => (await get(address, "/")).body));
      expect(bodies.every((body) => body.includes("Directory listing"))).toBe(true);
    },
  );

  it("gives the Python that is asked for under all of its names, and a place for what is installed", async () => {
    const answer = await backend.offers((await makeRequest(world, { token: "web-7-0" }, {})).job);
    expect(answer.ok).toBe(true);
    const version = ["3.10", "3.11", "3.12", "3.13"];
    const offers = await Promise.all(
      version.map(async (python) => ({
        python,
        request: await makeRequest(world, { token: "web-7-0" }, { python }).catch(() => null),
      })),
    );
    const python = offers.find(({ request }) => request !== null)?.python;
    if (python === undefined) {
      notRun("a Python of one's own: none of 3.10 to 3.13 is installed");
      return;
    }
    const show = "-c 'import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_path(\"purelib\"))'";
    const { token } = await start({
      python,
      commands: [`python ${show}`, `python3 ${show}`, `python${python} ${show}`, "type -p pip"],
    });
    await until(
      () => backend.find(owner, token),
      (found) => found?.status === "exited",
      10_000,
    );
    const [first, second, third, pip] = (await collect(backend, token)).map(({ text }) => text);
    expect(first).toMatch(new RegExp(`^${python.replace(".", " ")} .*/replicas/${token}\\..*/venv/lib/`));
    expect([second, third]).toEqual([first, first]);
    expect(pip).toContain(`/replicas/${token}.`);
  });

  it.each<readonly [string | null, string]>([
    [null, "/workflow"],
    ["app/deep", "/workflow/app/deep"],
    ["/workflow/app", "/workflow/app"],
  ])("runs its commands in working_dir %j", async (workingDir, directory) => {
    const { address } = await reached(
      backend,
      await start({ ...program("web.mjs"), commands: [`exec node "$DSTACK_REPO_DIR/web.mjs"`], workingDir }),
    );
    expect((await get(address, "/cwd")).body.endsWith(directory)).toBe(true);
  });

  it.each<readonly [string, string, readonly FileEntry[]]>([
    ["a path that climbs out", "../out", [{ path: "", mode: "file", content: Buffer.from("x") }]],
    ["an entry that climbs out", "in", [{ path: "../../out", mode: "file", content: Buffer.from("x") }]],
    [
      "an entry behind a link",
      "in",
      [
        { path: "link", mode: "symlink", content: Buffer.from("/tmp") },
        { path: "link/out", mode: "file", content: Buffer.from("x") },
      ],
    ],
  ])("copies no file through %s", async (_, path, files) => {
    const file = { local_path: "x", path, content: "sha256:x", kind: "directory" } as const;
    const request = await makeRequest(world, { token: "web-7-0", readFile: async () => files }, {});
    await expect(backend.provision({ ...request, job: { ...request.job, files: [file] } })).rejects.toMatchObject({
      name: "BackendError",
      code: "invalid",
    });
    expect(await world.leftovers()).toEqual([]);
  });

  it("is reached below directories whose paths are too long for sockets", async () => {
    const deep = join(world.directory, ...Array.from({ length: 12 }, (_, index) => `a-long-directory-${index}`));
    const on = world.open({ runtimeDirectory: deep });
    const { instance, address } = await reached(on, await start(program("web.mjs"), { on }));
    expect((await get(address, "/")).body).toBe("ok");
    const sockets = address.kind === "unix" ? join(address.path, "..") : "";
    expect((await stat(sockets)).mode & 0o777).toBe(0o700);
    await on.terminate(owner, instance.instance);
    await gone(on, instance.token);
    // Its listing ends a moment before its last directories do.
    for (const directory of [sockets, deep]) await expect.poll(() => existsSync(directory)).toBe(false);
  });

  it("keeps others out of its directories", async () => {
    await start({ commands: ["sleep 60"] });
    expect((await stat(world.options.runtimeDirectory)).mode & 0o777).toBe(0o700);
  });

  it("is gone in a moment when it ends at once", async () => {
    const { token, instance } = await start({ commands: ["exec sleep 60"] });
    const asked = performance.now();
    await backend.terminate(owner, instance);
    await gone(backend, token);
    // 30 ms on a quiet machine; tests share theirs.
    expect(performance.now() - asked).toBeLessThan(500);
  });

  it("says which port it should have listened on, and fails", async () => {
    const on = world.open({ network: "host" });
    const port = await unusedPort();
    const { token } = await start(
      { ...program("fixed-port.mjs"), commands: [`node fixed-port.mjs ${port}`], port },
      { on },
    );
    const ended = await until(
      () => on.find(owner, token),
      (found) => found?.status === "exited",
      15_000,
    );
    expect(ended?.exitCode).toBe(78);
    const last = (await collect(on, token)).at(-1);
    expect(last).toMatchObject({ stream: "stderr" });
    expect(last?.text).toMatch(new RegExp(`listens on port ${port}, not on [23]\\d{4}.*PORT`));
  });

  it("keeps the logs of the last three attempts of each service", async () => {
    const tokens: string[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { token, instance } = await start({ commands: ["echo here"] });
      await until(
        () => backend.find(owner, token),
        (found) => found?.status === "exited",
        10_000,
      );
      await backend.terminate(owner, instance);
      tokens.push(token);
    }
    const kept = await Promise.all(
      tokens.map(async (token) =>
        collect(backend, token).then(
          (lines) => lines.length,
          () => 0,
        ),
      ),
    );
    expect(kept).toEqual([0, 0, 1, 1, 1]);
    expect(await readdir(`${world.options.runtimeDirectory}.logs`)).toHaveLength(3);
    const tomorrow = { now: () => Date.now() + 25 * 3_600_000, sleep: async () => undefined };
    await world.open({ clock: tomorrow }).list(owner);
    await expect(stat(`${world.options.runtimeDirectory}.logs`)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is gone when it is told to end while it ends by itself", async () => {
    for (let delay = 0; delay < 40; delay += 4) {
      const { token, instance } = await start({ commands: ["exit 0"] });
      await sleep(delay);
      await backend.terminate(owner, instance);
      await gone(backend, token);
    }
    expect(await backend.list(owner)).toEqual([]);
  });

  it("starts nothing twice for a token whose replica is gone", async () => {
    const { token, instance } = await start({ commands: ["exit 0"] });
    await backend.terminate(owner, instance);
    await gone(backend, token);
    const again = await backend.provision(await makeRequest(world, { token }, { commands: ["sleep 60"] }));
    expect(again).toMatchObject({ token, status: "gone" });
    expect(await backend.list(owner)).toEqual([]);
  });
});

/** Says it, and fails where every peer is installed. */
function notRun(what: string): void {
  if (process.env["CI"] === "true") throw new Error(`not run: ${what}`);
  process.stderr.write(`NOT RUN: ${what}\n`);
}

function unusedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}

describe("createLogWriter()", () => {
  it("bounds what it keeps, and loses no line of that", async () => {
    const directory = await mkdtemp(join(tmpdir(), "dstack-gitops-log-"));
    try {
      const writer = createLogWriter(directory, 10_000);
      const output = new PassThrough();
      const done = writer.follow("stdout", output);
      for (let line = 0; line < 2_000; line += 1) output.write(line % 2 === 0 ? `line ${line}\r\nli` : `ne ${line}\n`);
      output.end("the last");
      await done;
      const [old, current] = await Promise.all(
        ["log.1", "log"].map(async (name) => readFile(join(directory, name), "utf8")),
      );
      expect((old ?? "").length).toBeLessThanOrEqual(20_000);
      expect((current ?? "").length).toBeLessThanOrEqual(20_000);
      const texts = `${old}${current}`
        .trimEnd()
        .split("\n")
        .map((line) => decodeLogLine(line)?.text);
      const first = 2_000 - (texts.length - 1);
      expect(texts).toEqual([
        ...Array.from({ length: texts.length - 1 }, (_, index) => `line ${first + index}`),
        "the last",
      ]);
      expect(first).toBeGreaterThan(0);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe("runtimeDirectory()", () => {
  it.each([
    [{ XDG_STATE_HOME: "/state", HOME: "/home/a" }, "/state/dstack-gitops/id"],
    [{ XDG_STATE_HOME: "relative", HOME: "/home/a" }, "/home/a/.local/state/dstack-gitops/id"],
    [{ HOME: "/home/a" }, "/home/a/.local/state/dstack-gitops/id"],
  ])("with %j is %s", (environment, directory) => {
    expect(runtimeDirectory("id", environment)).toBe(directory);
  });
});
