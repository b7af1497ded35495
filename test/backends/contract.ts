import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { LogLine, MachineBackend, ProvisionRequest } from "../../src/backends/backend.ts";
import type { Job } from "../../src/config/job.ts";
import { collect, echoes, endAll, get, gone, halfClosed, reached, until } from "./ask.ts";
import { makeRequest, owner, program } from "./request.ts";

/** A backend under test, and what only its own test can tell of the world around it. */
export interface BackendUnderTest extends AsyncDisposable {
  /** As a later command would make it: nothing is shared in memory. */
  open(): MachineBackend;
  /** What a job needs to run Node programs there: an image, for one. */
  readonly job: Partial<Job>;
  /** Longest time from asking for a replica to its first command, in milliseconds. */
  readonly startMs: number;
  /** The environment of the command, of which replicas must see nothing. */
  readonly canary: string;
  /** All that an onlooker on the host can read: files that the backend keeps, command lines of processes. */
  readonly visible: () => Promise<string>;
  /** What is still there after the last replica: processes, files, mounts. */
  readonly leftovers: () => Promise<readonly string[]>;
}

/** What every backend for machines does alike. */
export function describeBackend(name: string, make: () => Promise<BackendUnderTest>): void {
  describe(`backend ${name}`, () => {
    let world: BackendUnderTest;
    let backend: MachineBackend;
    let attempts = 0;
    const token = (): string => `web-1-${(attempts += 1)}`;

    beforeAll(async () => {
      world = await make();
      backend = world.open();
    });
    afterEach(async () => {
      for (const stateId of ["state-a", "state-b"]) await endAll(backend, { ...owner, stateId });
    });
    afterAll(async () => {
      await world[Symbol.asyncDispose]();
    });

    const requestOf = (overrides: Partial<Job>, rest: Partial<ProvisionRequest> = {}) =>
      makeRequest(world, { token: token(), ...rest }, overrides);
    const start = async (overrides: Partial<Job>, rest: Partial<ProvisionRequest> = {}) =>
      backend.provision(await requestOf(overrides, rest));
    const serve = async (rest: Partial<ProvisionRequest> = {}) => {
      const instance = await start(program("web.mjs"), { ...rest });
      return reached(backend, instance);
    };

    it("offers what it has, cheapest first", async () => {
      const answer = await backend.offers((await requestOf({})).job);
      if (!answer.ok) throw new Error(answer.reason);
      expect(answer.offers.length).toBeGreaterThan(0);
      const prices = answer.offers.map((offer) => offer.price);
      expect(prices).toEqual(prices.toSorted((a, b) => a - b));
      expect(answer.offers.every((offer) => offer.backend === backend.name)).toBe(true);
    });

    it("runs a replica that is reached at its address and found by any later command", async () => {
      const { instance, address } = await serve({ replica: 2, deployment: 7 });
      expect((await get(address, "/")).body).toBe("ok");
      const expected = {
        token: instance.token,
        instance: instance.instance,
        stateId: owner.stateId,
        service: "web",
        replica: 2,
        deployment: 7,
        status: "running",
        address,
        exitCode: null,
      };
      expect(await world.open().list(owner)).toEqual([expect.objectContaining(expected)]);
      expect(await world.open().find(owner, instance.token)).toEqual(expect.objectContaining(expected));
      expect(await backend.find(owner, "web-1-0")).toBeNull();
      expect(instance.startedAt ?? 0).toBeLessThanOrEqual(Date.now());
    });

    it("starts one replica for one token, however often and by whomever it is asked", async () => {
      const request = await requestOf({ commands: ["sleep 60"] });
      const first = await Promise.all([backend, world.open(), world.open()].map((other) => other.provision(request)));
      const later = await world.open().provision(request);
      expect(new Set([...first, later].map((instance) => instance.instance)).size).toBe(1);
      expect(await backend.list(owner)).toHaveLength(1);
    });

    it("lists replicas of other states of the repository, and ends none of them", async () => {
      const ours = await requestOf({ commands: ["sleep 60"] });
      const theirs = { ...ours, owner: { ...owner, stateId: "state-b" } };
      const [, other] = [await backend.provision(ours), await backend.provision(theirs)];
      const listed = await backend.list(owner);
      expect(listed.map((instance) => instance.stateId).toSorted()).toEqual(["state-a", "state-b"]);
      await expect(backend.terminate(owner, other.instance)).rejects.toMatchObject({ name: "BackendError" });
      expect(await backend.list(owner)).toHaveLength(2);
      expect(await backend.list({ ...owner, repository: "ffffffffffffffff" })).toEqual([]);
    });

    it.each<readonly [string, readonly string[], number]>([
      ["success", ["true"], 0],
      ["an exit code", ["exit 3"], 3],
      ["the first command that fails", ["exit 4", "exit 5"], 4],
      ["a signal", ["kill -KILL $$"], 137],
      ["a program that is not there", ["no-such-program-here"], 127],
      ["a background command before the last", ["sleep 60 &", "exit 6"], 6],
    ])("reports the end by %s", async (_, commands, exitCode) => {
      const instance = await start({ commands });
      const ended = await until(
        () => backend.find(owner, instance.token),
        (found) => found?.status === "exited",
        world.startMs,
      );
      expect(ended).toMatchObject({ status: "exited", exitCode, instance: instance.instance });
    });

    it("gives a replica its environment, and nothing of the command's", async () => {
      const job = { env: { A: "1", SECRET: null, DSTACK_RUN_NAME: "mine" } };
      const { address } = await serve({
        job: { ...(await requestOf(program("web.mjs"))).job, ...job },
        env: { A: "1", SECRET: "s3cr3t \"'\n$HOME", DSTACK_RUN_NAME: "mine" },
        replica: 3,
      });
      const { body } = await get(address, "/env");
      expect(JSON.parse(body)).toMatchObject({
        A: "1",
        SECRET: "s3cr3t \"'\n$HOME",
        DSTACK_RUN_NAME: "mine",
        DSTACK_GPUS_NUM: "0",
        DSTACK_REPLICA_NUM: "3",
        DSTACK_REPO_ID: owner.repository,
      });
      expect(body).not.toContain(world.canary);
    });

    it("copies files in, with their modes and links", async () => {
      const { address } = await serve();
      expect((await get(address, "/file?name=tree/plain.txt")).body).toBe("file plain");
      expect((await get(address, "/file?name=tree/deep/run.sh")).body).toBe("executable run");
      expect((await get(address, "/file?name=tree/link")).body).toBe("symlink plain");
    });

    it("keeps values of environment variables out of command lines and files", async () => {
      const secret = `canary-${process.pid}-${Date.now()}`;
      const { instance } = await serve({ env: { TOKEN: secret } });
      expect(await world.visible()).not.toContain(secret);
      await backend.terminate(owner, instance.instance);
      await gone(backend, instance.token);
      expect(await world.visible()).not.toContain(secret);
    });

    it("streams both ways, and passes on half-closed connections", async () => {
      const { address } = await serve();
      const times = (await get(address, "/stream")).times;
      expect(times.length).toBeGreaterThanOrEqual(3);
      expect((await get(address, "/upload", Buffer.alloc(8_000_000))).body).toBe("8000000");
      const echo = await reached(backend, await start(program("half-close.mjs")), echoes);
      expect(await halfClosed(echo.address, "a question")).toBe("got a question");
    });

    it("keeps the log while it runs, after the end, and after it is gone", async () => {
      const { token: name, instance } = await start({
        commands: ["echo one", "echo two >&2", "printf three", "sleep 60"],
      });
      const line = (stream: LogLine["stream"], text: string): unknown => expect.objectContaining({ stream, text });
      const running = await until(
        () => collect(backend, name),
        (lines) => lines.length >= 2,
        world.startMs,
      );
      expect(running).toEqual(expect.arrayContaining([line("stdout", "one"), line("stderr", "two")]));
      await backend.terminate(owner, instance);
      await gone(backend, name);
      const kept = await collect(world.open(), name);
      expect(kept).toHaveLength(3);
      expect(kept.at(-1)).toEqual(line("stdout", "three"));
      expect(kept.map(({ time }) => time)).toEqual(kept.map(({ time }) => time).toSorted((a, b) => a - b));
      expect(await collect(backend, name, 1)).toEqual(kept.slice(-1));
      await expect(collect(backend, "web-1-0")).rejects.toMatchObject({ name: "BackendError", code: "not-found" });
    });

    it("follows the log until the end, or until told to stop", async () => {
      const { token: name } = await start({ commands: ["for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done"] });
      const texts: string[] = [];
      for await (const { text } of backend.logs(owner, name, { follow: true })) texts.push(text);
      expect(texts).toEqual(["line 1", "line 2", "line 3", "line 4", "line 5"]);
      const endless = await start({ commands: ["echo here", "sleep 60"] });
      const stop = new AbortController();
      for await (const { text } of backend.logs(owner, endless.token, { follow: true, signal: stop.signal })) {
        expect(text).toBe("here");
        stop.abort();
      }
      expect(await backend.find(owner, endless.token)).toMatchObject({ status: "running" });
    });

    it("ends a replica gracefully, and once", async () => {
      const { instance, address } = await serve();
      const slow = get(address, "/slow?name=400").catch((error: unknown) => ({ body: String(error) }));
      await sleep(100);
      await Promise.all([
        backend.terminate(owner, instance.instance),
        world.open().terminate(owner, instance.instance),
      ]);
      expect((await backend.find(owner, instance.token))?.status).toBe("terminating");
      expect((await slow).body).toBe("slow answer");
      await gone(backend, instance.token);
      await backend.terminate(owner, instance.instance);
      const texts = (await collect(backend, instance.token)).map(({ text }) => text);
      expect(texts).toEqual(["listening", "stopping"]);
    });

    it("ends what does not want to end, and whatever it spawned", async () => {
      const instance = await start({ ...program("stubborn.mjs"), stopDuration: 1 });
      await until(
        () => collect(backend, instance.token),
        (lines) => lines.some(({ text }) => text === "stubborn"),
        world.startMs,
      );
      const asked = Date.now();
      await backend.terminate(owner, instance.instance);
      await gone(backend, instance.token);
      expect(Date.now() - asked).toBeGreaterThan(900);
      // What was killed is reaped a moment after its listing ends.
      await until(world.leftovers, (left) => left.length === 0, 5_000);
      expect(await world.leftovers()).toEqual([]);
    });

    it("refuses calls under an older lease than the latest, and does nothing of them", async () => {
      // Others are kept apart by the clocks of their owners alone.
      if (backend.fences !== true) return;
      const under = async (fence: number, rest: Partial<ProvisionRequest> = {}) =>
        world.open().provision(await requestOf({ commands: ["sleep 60"] }, { fence, ...rest }));
      const fenced = { name: "BackendError", code: "fenced", retryable: false, seen: 7 };
      const first = await under(5);
      await under(5);
      await under(7);
      await expect(under(6)).rejects.toMatchObject(fenced);
      await expect(under(5, { token: first.token })).rejects.toMatchObject(fenced);
      await expect(world.open().terminate(owner, first.instance, undefined, 6)).rejects.toMatchObject(fenced);
      expect(await backend.list(owner)).toHaveLength(3);
      expect((await backend.find(owner, first.token))?.status).toBe("running");
      // Another service, another state of the same repository, and what needs no lease.
      await under(1, { service: "api" });
      await under(1, { owner: { ...owner, stateId: "state-b" } });
      await backend.provision(await requestOf({ commands: ["sleep 60"] }));
      await world.open().terminate(owner, first.instance);
      await gone(backend, first.token);
      await under(7);
    });

    it("leaves nothing behind", async () => {
      const { instance } = await serve();
      const crashed = await start({ commands: ["exit 1"] });
      await until(
        () => backend.find(owner, crashed.token),
        (found) => found?.status === "exited",
        world.startMs,
      );
      for (const { instance: id } of [instance, crashed]) await backend.terminate(owner, id);
      await Promise.all([gone(backend, instance.token), gone(backend, crashed.token)]);
      await until(world.leftovers, (left) => left.length === 0, 5_000);
      expect(await world.leftovers()).toEqual([]);
    });
  });
}
