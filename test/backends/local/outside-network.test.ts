import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { networkInterfaces } from "node:os";

import { describe, expect, it } from "vitest";

import { findExecutables } from "../../../src/backends/local/executables.ts";
import { collect, endAll, until } from "../ask.ts";
import { makeRequest, owner } from "../request.ts";
import { makeLocal } from "./local-under-test.ts";

const slirp = findExecutables("slirp4netns", process.env["PATH"])[0];
const host = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find((address) => address.family === "IPv4" && !address.internal)?.address;
const missing = slirp === undefined ? "slirp4netns" : host === undefined ? "an address other than loopback" : null;
if (missing !== null) process.stderr.write(`NOT RUN: the outside network of local replicas, without ${missing}\n`);

describe("the outside network of a local replica", () => {
  it("is there in CI", ({ skip }) => {
    skip(missing !== null && process.env["CI"] !== "true", `${missing} is missing`);
    expect(missing).toBeNull();
  });

  it.skipIf(missing !== null)(
    "reaches what the host reaches, but not the host's loopback, and ends with the replica",
    async () => {
      await using world = await makeLocal({ network: "isolated" });
      const backend = world.open();
      const server = createServer((_, response) => response.end("outside"));
      const port = await new Promise<number>((resolve) => {
        server.listen(0, () => {
          const address = server.address();
          resolve(address !== null && typeof address === "object" ? address.port : 0);
        });
      });
      try {
        const ask = (address: string | undefined): string =>
          `node -e 'fetch("http://${address}:${port}/").then((r) => r.text(), () => "refused").then(console.log)'`;
        const before = slirps();
        const commands = [ask(host), ask("127.0.0.1"), ask("10.0.2.2"), "sleep 60"];
        const { token } = await backend.provision(await makeRequest(world, { token: "web-9-1" }, { commands }));
        const lines = await until(
          () => collect(backend, token),
          ({ length }) => length === 3,
          20_000,
        );
        expect(lines.map(({ text }) => text)).toEqual(["outside", "refused", "refused"]);
        expect(slirps()).toBe(before + 1);
        await endAll(backend, owner);
        await until(
          async () => slirps(),
          (now) => now === before,
          2_000,
        );
      } finally {
        server.close();
      }
    },
  );
});

/** How many of them this process has started: tests of other files have theirs. */
function slirps(): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ");
  return children.map(commandOf).filter((command) => command.startsWith(slirp ?? "slirp4netns")).length;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
