import { fileURLToPath } from "node:url";

import { execa } from "execa";

import type { Benches } from "./bench.ts";
import { manyServices } from "./many-services.ts";

const bundle = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const floorProgram = fileURLToPath(new URL("./read-alone.ts", import.meta.url));
const unchanged = 1_000;
const changed = 50;

/** A plan of many services against reading their files alone: whole processes, both. */
export const plan: Benches = async (use) => {
  await execa("npm", ["run", "--silent", "build"], { cwd: fileURLToPath(new URL("..", import.meta.url)) });
  await using many = await manyServices(unchanged + changed);
  await many.change(changed);
  const options = {
    cwd: many.directory,
    env: { ...many.env, NODE_COMPILE_CACHE: `${many.env["XDG_CACHE_HOME"] ?? ""}/compile` },
  };
  await use([
    {
      about: `plan of ${unchanged} unchanged and ${changed} changed services against reading their files with yaml and zod`,
      limit: 2.5,
      pairs: 5,
      ours: async () => void (await execa(process.execPath, [bundle, "plan", "--json"], options)),
      floor: async () => void (await execa(process.execPath, [floorProgram, many.directory], options)),
    },
  ]);
};
