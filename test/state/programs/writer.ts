import { systemClock } from "../../../src/lib/clock.ts";
import { gitBranchStore } from "../../../src/state/git-branch.ts";
import { StateConflict } from "../../../src/state/store.ts";
import { recordOf } from "../../support/state-values.ts";

/** Counts a service's attempts up, one commit each, and says so after each acknowledgement. Arguments: root, remote, name, count. */
const [root = "", remote = "", name = "", count = "1"] = process.argv.slice(2);
const store = gitBranchStore({
  root,
  branch: "dstack-state",
  remote: remote === "none" ? null : remote,
  clock: systemClock,
});
let basis = await store.load();
for (let done = 0; done < Number(count);) {
  const attempts = (basis.services.get(name)?.record?.attempts ?? 0) + 1;
  try {
    basis = await store.commit({
      message: `${name} ${attempts}`,
      services: [{ name, record: recordOf(name, { attempts }) }],
      basis,
    });
    process.stdout.write(`${attempts}\n`);
    done += 1;
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error;
    basis = await store.load();
  }
}
await store[Symbol.asyncDispose]();
