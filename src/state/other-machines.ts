import { readFile } from "node:fs/promises";

import { z } from "zod";

import { replaceFile } from "./drafts.ts";

/** What the processes of one machine did to a branch lately. Times in milliseconds since the epoch. */
export interface Lately {
  /** The end of the last write. */
  readonly wroteAt: number;
  /** How long it took, in milliseconds. */
  readonly took: number;
  /** Writes one after the other without a pause in which another machine could have written. */
  readonly inRow: number;
  /** When somebody else was last faster, and how often lately. */
  readonly racedAt: number;
  readonly races: number;
}

const lately: z.ZodType<Lately> = z.object({
  wroteAt: z.number(),
  took: z.number(),
  inRow: z.number(),
  racedAt: z.number(),
  races: z.number(),
});

/** Writes in a row after which others are let in, whether or not there are any: who never wins is never seen. */
const mostInRow = 15;

/** Milliseconds for which a machine that lost races reckons with others. */
const remembered = 30_000;

/** Fewer may have been lost to what a killed process of this machine had begun. */
const fewest = 2;

/**
 * Milliseconds to wait before the next write. Whoever fetches what was just pushed and puts a write on it takes longer than
 * whoever knows it already, so that a machine which never pauses wins every race.
 */
export function restBefore({ wroteAt, took, inRow, racedAt, races }: Lately, now: number, random: number): number {
  if (!isInRow(wroteAt, took, now)) return 0;
  const attempts = races >= fewest && now - racedAt < remembered ? 2.5 + 2 * random : inRow >= mostInRow ? 4 : 0;
  return Math.min(3_000, attempts * took);
}

/** After a write, which may have been the next one in a row. */
export function afterWrite(
  before: Lately,
  { took, now, rested }: { took: number; now: number; rested: boolean },
): Lately {
  const inRow = !rested && isInRow(before.wroteAt, before.took, now - took) ? before.inRow + 1 : 1;
  return { ...before, wroteAt: now, took, inRow };
}

/** After a race that was lost. */
export function afterRace(before: Lately, now: number): Lately {
  const races = now - before.racedAt < remembered ? before.races + 1 : 1;
  return { ...before, racedAt: now, races };
}

function isInRow(wroteAt: number, took: number, now: number): boolean {
  return now - wroteAt < 2 * took;
}

export interface LatelyFile {
  read(): Promise<Lately>;
  write(next: Lately): Promise<void>;
}

/** Kept beside the machine's other memories of the branch: courtesy alone, so that what cannot be kept is as if nothing had been. */
export function latelyFile(path: `${string}.json`): LatelyFile {
  return {
    async read() {
      try {
        return lately.parse(JSON.parse(await readFile(path, "utf8")));
      } catch {
        return { wroteAt: 0, took: 0, inRow: 0, racedAt: 0, races: 0 };
      }
    },
    write: (next) => replaceFile(path, JSON.stringify(next)).catch(() => {}),
  };
}
