import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Benches } from "./bench.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../", import.meta.url));

const service = `type: service
name: web
commands: [node server.js]
port: 8000
replicas: 2
probes:
  - type: http
    url: /health
`;

/** Start-up of the bundle that users get, against a Node that does nothing. */
export const start: Benches = async (use) => {
  const folder = await mkdtemp(join(tmpdir(), "bench-start-"));
  try {
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
    await run("tar", ["-xf", join(folder, stdout.trim().split("\n").at(-1) ?? ""), "-C", folder]);
    await writeFile(join(folder, ".dstack.yml"), service);
    // The compile cache is warm from the second start on, as it is for users.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compile-cache") };
    const node = async (args: readonly string[]) => void (await run(process.execPath, args, { cwd: folder, env }));
    const bin = join(folder, "package/bin/dstack-gitops.js");
    const floor = () => node(["-e", "0"]);
    await use([
      { about: "--version against node -e 0", limit: 4, pairs: 20, floor, ours: () => node([bin, "--version"]) },
      {
        about: "validate of one file against node -e 0",
        limit: 4,
        pairs: 20,
        floor,
        ours: () => node([bin, "validate", ".dstack.yml"]),
      },
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
