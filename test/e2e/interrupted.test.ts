import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, it } from "vitest";

import { shownBy } from "../support/demo.ts";
import type { Demo } from "../support/demo.ts";
import { withForge } from "../support/forge-demo.ts";
import { tempDirectory } from "../support/temp-repository.ts";

/** What a cancelled workflow is given between SIGINT and SIGTERM, in milliseconds. */
const given = 7_500;

type Started = ReturnType<Demo["start"]>;

/** Sends a signal, and tells how long it took to end, in milliseconds, and with which exit code. */
async function interrupt(
  program: Started,
  signal: NodeJS.Signals,
): Promise<{ exitCode: number | undefined; ms: number }> {
  const begun = performance.now();
  program.kill(signal);
  const { exitCode } = await program;
  return { exitCode, ms: performance.now() - begun };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await condition()) return;
    await sleep(10);
  }
  throw new Error("it did not come to pass within 20 s");
}

async function expectSettled(demo: Demo, version: number): Promise<void> {
  const shown = await shownBy(demo);
  expect(shown?.replicas.map((replica) => [replica.deployment, replica.status, replica.ready])).toEqual(
    [0, 1].map(() => [version, "running", true]),
  );
  expect(await demo.processes()).toHaveLength(2);
}

/** Processes of git that the demo's program has started. */
async function gitProcesses(demo: Demo): Promise<readonly string[]> {
  const mark = `XDG_CACHE_HOME=${demo.env["XDG_CACHE_HOME"]}`;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
      const [environment, command] = await Promise.all([read("environ"), read("cmdline")]);
      return environment.split("\0").includes(mark) && /^\S*git/.test(command) ? [command.replaceAll("\0", " ")] : [];
    }),
  );
  return found.flat();
}

it.each(["SIGINT", "SIGTERM"] as const)(
  "%s while it waits for readiness: the lease is given back",
  { timeout: 120_000 },
  async (signal) => {
    await withForge(async (demo, forge) => {
      await demo.edit({ version: "1", mode: "never-ready" });
      const program = demo.start("apply", "-y", "-q");
      await until(async () => (await demo.processes()).length > 0);
      expect(await forge.files("leases")).toHaveLength(1);
      const { exitCode, ms } = await interrupt(program, signal);
      expect({ exitCode, leases: await forge.files("leases") }).toEqual({ exitCode: 130, leases: [] });
      expect(ms).toBeLessThan(given);
      await demo.edit({ version: "2" });
      expect(await demo.run("apply", "-y", "-q")).toMatchObject({ exitCode: 0 });
      await expectSettled(demo, 1);
    });
  },
);

it.each([
  { delay: 1_000, leases: 0, what: "is slow: the push is finished, and the lease given back" },
  { delay: 30_000, leases: 1, what: "hangs: it ends nevertheless, and the next run takes over" },
])("interrupted while it pushes to a server that $what", { timeout: 120_000 }, async ({ delay, leases }) => {
  await withForge(async (demo, forge) => {
    await demo.edit({ version: "1" });
    expect(await demo.run("apply", "-y", "-q")).toMatchObject({ exitCode: 0 });
    await demo.edit({ version: "2" });
    const before = forge.pushes();
    // The acceptance is quick, and so is the write that takes the lease.
    forge.setFault((path) =>
      path.endsWith("/git-receive-pack") && forge.pushes() > before + 2 ? { kind: "delay", ms: delay } : null,
    );
    const program = demo.start("apply", "-y", "-q");
    await until(() => forge.pushes() > before + 2);
    const { exitCode, ms } = await interrupt(program, "SIGINT");
    expect(exitCode).toBe(130);
    expect(ms).toBeLessThan(given);
    expect(await forge.files("leases")).toHaveLength(leases);
    expect(await gitProcesses(demo)).toEqual([]);
    forge.setFault(() => null);
    expect(await demo.run("tick", "-q")).toMatchObject({ exitCode: 0 });
    await expectSettled(demo, 1);
  });
});

it(
  "interrupted while a provider call hangs: the call is left to the next run, the lease is not",
  { timeout: 120_000 },
  async () => {
    await using directory = await tempDirectory();
    const hangs = join(directory.path, "hangs");
    await mkdir(join(directory.path, "bin"));
    // The probe for namespaces is answered; supervisors hang.
    const unshare = join(directory.path, "bin/unshare");
    await writeFile(
      unshare,
      `#!/bin/sh\nif test -e ${hangs}; then case "$*" in *supervisor*) exec sleep 30;; esac; fi\nPATH=\${PATH#*:} exec unshare "$@"\n`,
    );
    await chmod(unshare, 0o755);
    await withForge(
      async (demo, forge) => {
        await writeFile(hangs, "");
        await demo.edit({ version: "1" });
        const program = demo.start("apply", "-y", "-q");
        await until(async () => (await forge.files("journal")).length > 0);
        await sleep(500);
        const { exitCode, ms } = await interrupt(program, "SIGINT");
        expect({ exitCode, leases: await forge.files("leases") }).toEqual({ exitCode: 130, leases: [] });
        expect(ms).toBeLessThan(given);
        expect(await forge.files("journal")).toHaveLength(1);
        await rm(hangs);
        expect(await demo.run("tick", "-q")).toMatchObject({ exitCode: 0 });
        await expectSettled(demo, 0);
        expect(await forge.files("journal")).toEqual([]);
      },
      { env: { PATH: `${join(directory.path, "bin")}:${process.env["PATH"]}` } },
    );
  },
);

it("interrupted while it waits for somebody else's lease: that one is left alone", { timeout: 120_000 }, async () => {
  await withForge(async (demo, forge) => {
    await demo.edit({ version: "1", mode: "never-ready" });
    const owner = demo.start("apply", "-y", "-q");
    await until(async () => (await demo.processes()).length > 0);
    const leases = await forge.files("leases");
    const waiter = demo.start("tick", "--wait", "60s", "-q");
    const fetched = forge.requests.length;
    await until(() => forge.requests.length > fetched + 2);
    const { exitCode, ms } = await interrupt(waiter, "SIGINT");
    expect({ exitCode, leases: await forge.files("leases") }).toEqual({ exitCode: 130, leases });
    expect(ms).toBeLessThan(2_000);
    expect(await interrupt(owner, "SIGINT")).toMatchObject({ exitCode: 130 });
  });
});

it(
  "interrupted while it fetches from a server that hangs: it ends, and git with it",
  { timeout: 120_000 },
  async () => {
    await withForge(async (demo, forge) => {
      await demo.edit({ version: "1" });
      forge.setFault(() => ({ kind: "delay", ms: 20_000 }));
      const program = demo.start("apply", "-y", "-q");
      await until(() => forge.requests.length > 0);
      const { exitCode, ms } = await interrupt(program, "SIGINT");
      expect(exitCode).toBe(130);
      expect(ms).toBeLessThan(2_000);
      expect(await gitProcesses(demo)).toEqual([]);
      forge.setFault(() => null);
    });
  },
);

it("a second signal ends it at once, and nothing is leaked", { timeout: 120_000 }, async () => {
  await withForge(async (demo, forge) => {
    await demo.edit({ version: "1" });
    forge.setFault((path) =>
      path.endsWith("/git-receive-pack") && forge.pushes() > 2 ? { kind: "delay", ms: 20_000 } : null,
    );
    const program = demo.start("apply", "-y", "-q");
    await until(() => forge.pushes() > 2);
    program.kill("SIGINT");
    await sleep(300);
    const { exitCode, ms } = await interrupt(program, "SIGTERM");
    expect(exitCode).toBe(130);
    expect(ms).toBeLessThan(500);
    await until(async () => (await gitProcesses(demo)).length === 0);
    forge.setFault(() => null);
    expect(await demo.run("tick", "-q")).toMatchObject({ exitCode: 0 });
    await expectSettled(demo, 0);
  });
});
