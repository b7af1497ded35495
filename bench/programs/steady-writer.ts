import { once } from "node:events";

import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { StateConflict } from "../../src/state/store.ts";
import { recordOf } from "../../test/support/state-values.ts";

/**
 * Counts a service's attempts up, one commit each, from the first line on standard input until that ends. Prints `ready`,
 * then for each acknowledged write the number and the milliseconds that it waited. Arguments: root, remote, name.
 */
const [root = "", remote = "", name = ""] = process.argv.slice(2);
await using store = gitBranchStore({ root, branch: "dstack-state", remote, clock: systemClock });
let basis = await store.load();
process.stdout.write("ready\n");
await once(process.stdin, "data");
let over = false;
process.stdin.on("end", () => (over = true));
while (!over) {
  const attempts = (basis.services.get(name)?.record?.attempts ?? 0) + 1;
  const services = [{ name, record: recordOf(name, { attempts }) }];
  const begun = performance.now();
  try {
    basis = await store.commit({ message: `${name} ${attempts}`, services, basis });
    process.stdout.write(`${attempts} ${(performance.now() - begun).toFixed(1)}\n`);
  } catch (error) {
    // What a killed process before us had begun has landed.
    if (!(error instanceof StateConflict)) throw error;
    basis = await store.load();
  }
}
