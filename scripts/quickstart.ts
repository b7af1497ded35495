import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { execa } from "execa";

import { rollOnce } from "./quickstart/once.ts";
import { createScratch } from "./quickstart/scratch.ts";

const launcher = fileURLToPath(new URL("../bin/dstack-gitops.js", import.meta.url));

const { values } = parseArgs({
  options: { once: { type: "boolean", default: false }, port: { type: "string", default: "3000" } },
});
const port = Number(values.port);
const url = `http://127.0.0.1:${port}/proxy/services/main/quickstart/`;

await using scratch = await createScratch(port);
process.exitCode = values.once ? await once() : await stay();

async function once(): Promise<number> {
  const ok = await rollOnce(scratch, url);
  process.stderr.write(ok ? "Quickstart: nothing was lost.\n" : "Quickstart: FAILED.\n");
  return ok ? 0 : 1;
}

/** Serves until Ctrl-C, which reaches the program too: it ends everything that it started before this ends. */
async function stay(): Promise<number> {
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => program.kill("SIGTERM"));
  process.stderr.write(`
A copy of examples/quickstart is deployed from a scratch git repository and served at
  ${url}
Edit and save
  ${scratch.serviceFile}
or a file beside it, and watch it being rolled out. Ctrl-C stops everything.

`);
  const program = execa(process.execPath, [launcher, "watch", "--down"], {
    cwd: scratch.directory,
    env: scratch.env,
    stdio: "inherit",
    reject: false,
  });
  const { exitCode } = await program;
  process.stderr.write("Stopped everything that was started.\n");
  return exitCode ?? 1;
}
