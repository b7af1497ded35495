import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { execa } from "execa";

import { partPath } from "../src/state/layout.ts";
import { encodePart } from "../src/state/service-parts.ts";
import type { StateStore } from "../src/state/store.ts";
import { recordOf } from "../test/support/state-values.ts";
import { tempDirectory } from "../test/support/temp-repository.ts";
import type { Benches } from "./bench.ts";
import { stateBranch, writeOnce } from "./state-branch.ts";
import type { StateBranch } from "./state-branch.ts";

const script = fileURLToPath(new URL("programs/bare-commit.sh", import.meta.url));

/** A state commit against the same done with git's own commands, and against one on a branch that is longer, or holds more. */
export const commitBench: Benches = async (use) => {
  await using young = await stateBranch(10, 10);
  await using bare = await stateBranch(10, 10);
  await using old = await stateBranch(10, 10_000);
  await using large = await stateBranch(5_000, 10);
  await using directory = await tempDirectory();
  await execa("git", ["init", "-q", "--bare", directory.path]);
  await using youngStore = young.open();
  await using largeStore = large.open();
  await use([
    {
      about: "open, load and one state commit over HTTP against fetch, plumbing and push by a shell script",
      limit: 1.3,
      pairs: 15,
      ours: () => fromNothing(young),
      floor: () => byHand(bare.url, directory.path),
    },
    {
      about: "the same after 10,000 commits against after 10",
      limit: 1.15,
      pairs: 15,
      ours: () => fromNothing(old),
      floor: () => fromNothing(young),
    },
    {
      about: "load and commit of a process that has the state, 5,000 services against 10",
      limit: 1.5,
      pairs: 15,
      ours: () => again(largeStore),
      floor: () => again(youngStore),
    },
    {
      about: "the same of a process that has nothing but the cache, which reads and checks every record",
      limit: 15,
      pairs: 5,
      ours: () => fromNothing(large),
      floor: () => fromNothing(young),
    },
  ]);
};

async function fromNothing(branch: StateBranch): Promise<void> {
  await using store = branch.open();
  await again(store);
}

async function again(store: StateStore): Promise<void> {
  await writeOnce(store, await store.load());
}

let attempts = 1;

async function byHand(url: string, repository: string): Promise<void> {
  const record = recordOf("service-0", { attempts: (attempts += 1) });
  const file = join(repository, "record.json");
  await writeFile(file, encodePart("record", "service-0", { record, intents: [], lease: null })?.text ?? "");
  await execa(script, [repository, url, partPath("record", "service-0"), file]);
}
