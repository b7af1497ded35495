import { fileURLToPath } from "node:url";

import { execa } from "execa";

import type { Benches } from "./bench.ts";
import { manyServices } from "./many-services.ts";

const bundle = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const services = 100;
const commits = 1_000;

/** A plan on a state with a long history against one on a state with none. */
export const history: Benches = async (use) => {
  await execa("npm", ["run", "--silent", "build"], { cwd: fileURLToPath(new URL("..", import.meta.url)) });
  await using young = await manyServices(services);
  await using old = await manyServices(services);
  const name = old.names[0] ?? "";
  let basis = await old.store.load();
  for (let count = 0; count < commits; count += 1) {
    const record = basis.services.get(name)?.record ?? null;
    if (record === null) throw new Error("nothing is recorded");
    basis = await old.store.commit({
      message: `Commit ${count}`,
      services: [{ name, record: { ...record, attempts: record.attempts + 1 } }],
      basis,
    });
  }
  const run = async (many: typeof old): Promise<void> =>
    void (await execa(process.execPath, [bundle, "plan", "--json"], { cwd: many.directory, env: many.env }));
  await use([
    {
      about: `plan of ${services} services after ${commits} more state commits against before them`,
      limit: 1.15,
      pairs: 10,
      ours: async () => run(old),
      floor: async () => run(young),
    },
  ]);
};
