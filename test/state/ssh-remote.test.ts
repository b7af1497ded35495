import { expect, test } from "vitest";

import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { describeWithPeer } from "../support/peers.ts";
import { startSshd } from "../support/sshd.ts";
import { stateBranch, stateBranchIn } from "../support/state-branch.ts";
import { leaseOf } from "../support/state-values.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";
import { create } from "./store-contract.ts";

describeWithPeer("sshd", (program) => {
  test("state is kept over SSH, reached as the user's repository says", async () => {
    await using bench = await sshBench(program);
    await using store = await bench.open();
    await using other = await bench.open();
    const basis = await create(store, "web");
    await create(other, "api");
    await store.commit({ message: "Lease", services: [{ name: "web", lease: leaseOf("a", 1) }], basis });
    expect((await other.load()).services.size).toBe(2);
    expect(await stateBranchIn(bench.path).commits()).toBe(3);
  });

  test("what SSH refuses is told apart, with what to do", async () => {
    await using bench = await sshBench(program);
    const strangeKey = await bench.open({ key: "strange" });
    await expect(strangeKey.load()).rejects.toMatchObject({
      code: "git-ssh-key",
    });
    const strangeHost = await bench.open({ host: "strange" });
    await expect(strangeHost.load()).rejects.toMatchObject({
      code: "git-host-key",
    });
    const nowhere = await bench.open({ path: "/nowhere/repository.git" });
    await expect(nowhere.load()).rejects.toMatchObject({ code: "git-missing-repository" });
    const store = await bench.open();
    await create(store, "web");
    await bench.stop();
    await expect(store.load()).rejects.toMatchObject({ code: "git-network" });
  });
});

async function sshBench(program: string) {
  const stack = new AsyncDisposableStack();
  const sshd = stack.use(await startSshd(program));
  const remote = stack.use(await tempRepository({ bare: true }));
  const user = stack.use(await tempRepository());
  const cache = stack.use(await tempDirectory());
  const { GIT_SSH_COMMAND: _, ...rest } = process.env;
  return {
    path: remote.path,
    stop: () => sshd.stop(),
    async open({ path = remote.path, ...how }: { path?: string } & Parameters<typeof sshd.command>[0] = {}) {
      await user.git("config", "core.sshCommand", sshd.command(how));
      const env = { ...rest, XDG_CACHE_HOME: cache.path };
      return stack.use(
        gitBranchStore({ root: user.path, branch: stateBranch, remote: sshd.url(path), clock: systemClock, env }),
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
