import { systemClock } from "../../src/lib/clock.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import { nodeAt } from "../../src/state/tree.ts";
import { testStore } from "./store-contract.ts";

testStore("a branch in memory", async () => {
  const branch = memoryBranch();
  return {
    open: (options = {}) => memoryStore({ clock: systemClock, branch, ...options }),
    async file(path) {
      const tip = await branch.read();
      const node = tip === null ? null : nodeAt(tip.tree, path);
      if (node?.kind !== "file") return null;
      const bytes = (await branch.contents([node.id])).get(node.id);
      return bytes === undefined ? null : Buffer.from(bytes).toString("utf8");
    },
    commits: async () => branch.history().length,
    async edit(files) {
      const parent = await branch.read();
      const edits = new Map(
        Object.entries(files).map(([path, text]) => [path, { mode: "100644", content: Buffer.from(text) }]),
      );
      await branch.write({ parent, edits, message: "By hand", generation: (parent?.generation ?? 0) + 1 });
    },
    rewind: async (commits) => branch.rewindTo(branch.history().at(-1 - commits)?.commit ?? null),
    remove: async () => branch.rewindTo(null),
    [Symbol.asyncDispose]: async () => {},
  };
});
