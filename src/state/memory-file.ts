import { readFile } from "node:fs/promises";

import { z } from "zod";

import { isMissing } from "../git/work-tree-source.ts";
import { replaceFile } from "./drafts.ts";
import type { BranchMemory, Remembered, Seen } from "./memory-of-branch.ts";

const seenSchema: z.ZodType<Seen> = z.strictObject({
  commit: z.string(),
  generation: z.int(),
  stateId: z.string().nullable(),
});

/** Remembers a remote's state branch in a file of this machine. */
export function fileMemory(path: `${string}.json`): BranchMemory {
  return {
    recall,
    async remember(seen) {
      const known = (await recall())?.seen ?? null;
      // Another process has seen more meanwhile.
      if (known !== null && known.stateId === seen.stateId && known.generation >= seen.generation) return;
      await replaceFile(path, JSON.stringify(seen));
    },
  };

  async function recall(): Promise<Remembered | null> {
    const text = await read(path);
    return text === null ? null : { seen: seenIn(text), where: `the file ${path}` };
  }
}

/** What a power failure left half says still that there was a branch, and is written anew with the next look. */
function seenIn(text: string): Seen {
  try {
    return seenSchema.parse(JSON.parse(text));
  } catch {
    return { commit: "unknown", generation: 0, stateId: null };
  }
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
