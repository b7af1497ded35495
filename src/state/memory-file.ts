import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";

import { z } from "zod";

import { isMissing } from "../git/work-tree-source.ts";
import { decode } from "./encode.ts";
import type { BranchMemory, Seen } from "./memory-of-branch.ts";
import { processMark, sweepMarked } from "./process-mark.ts";

const seenSchema: z.ZodType<Seen> = z.strictObject({
  commit: z.string(),
  generation: z.int(),
  stateId: z.string().nullable(),
});

/** Remembers a remote's state branch in a file of this machine. */
export function fileMemory(path: string): BranchMemory {
  let written = "";
  return {
    async recall() {
      const text = await read(path);
      return text === null ? null : { seen: decode(seenSchema, text, path), where: `the file ${path}` };
    },
    async remember(seen) {
      const text = JSON.stringify(seen);
      if (text === written) return;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      if (written === "") await sweepMarked(dirname(path), `${basename(path)}.`);
      const draft = `${path}.${await processMark()}`;
      await writeFile(draft, text, { mode: 0o600 });
      await rename(draft, path);
      written = text;
    },
  };
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
