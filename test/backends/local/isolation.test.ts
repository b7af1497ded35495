import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { findExecutables } from "../../../src/backends/local/executables.ts";
import { detectIsolation, loopbackCommands } from "../../../src/backends/local/isolation.ts";

const PATH = `${process.env["PATH"]}:/usr/sbin:/sbin`;

describe("loopbackCommands", () => {
  it.for(loopbackCommands)("bring up the loopback interface: %s", (command, { skip }) => {
    const program = command.split(" ")[0] ?? "";
    skip(findExecutables(program, PATH).length === 0, `${program} is not installed`);
    const show = `node -p 'Object.keys(require("os").networkInterfaces()).join()'`;
    const script = `${show}; ${command}; ${show}`;
    const argv = ["--user", "--map-root-user", "--net", "sh", "-c", script];
    const shown = execFileSync("unshare", argv, { encoding: "utf8", env: { PATH } });
    expect(shown.split("\n").slice(0, 2)).toEqual(["", "lo"]);
  });
});

describe("detectIsolation()", () => {
  it("gives each replica a network where the host allows it, and says so where not", async () => {
    expect(await detectIsolation("isolated", { PATH })).toMatchObject({ kind: "namespaces", network: "own" });
    expect(await detectIsolation("host", { PATH })).toMatchObject({
      kind: "namespaces",
      network: "host",
      outside: null,
    });
    const bare = await detectIsolation("isolated", { PATH: "/nonexistent" });
    expect(bare).toMatchObject({ kind: "group", network: "host", prefix: [] });
    expect(bare.notes.join()).toMatch(/allows no namespaces.*PORT/);
  });
});
