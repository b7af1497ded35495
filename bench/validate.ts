import { fileURLToPath } from "node:url";

import { execa } from "execa";

import type { Benches } from "./bench.ts";
import { manyServices } from "./many-services.ts";

const bundle = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const floorProgram = fileURLToPath(new URL("./read-alone.ts", import.meta.url));
const count = 1_000;

/** Validating many services against reading their files with a plain schema: whole processes, both. */
export const validate: Benches = async (use) => {
  await execa("npm", ["run", "--silent", "build"], { cwd: fileURLToPath(new URL("..", import.meta.url)) });
  await using many = await manyServices(count);
  const options = {
    cwd: many.directory,
    env: { ...many.env, NODE_COMPILE_CACHE: `${many.env["XDG_CACHE_HOME"] ?? ""}/compile` },
  };
  await use([
    {
      about: `validate of ${count} services against reading their files with yaml and zod`,
      limit: 2,
      pairs: 5,
      ours: async () => void (await execa(process.execPath, [bundle, "validate", "--json"], options)),
      floor: async () => void (await execa(process.execPath, [floorProgram, many.directory], options)),
    },
  ]);
};
