import { readFileSync, writeFileSync } from "node:fs";

import { z } from "zod";

const file = new URL("mutants/seeds.json", import.meta.url);

/** For each rule a seed that missed it: tried first, so that the whole list takes little more than its threads' start. */
export function knownSeeds(): ReadonlyMap<string, number> {
  const known = z.record(z.string(), z.int()).parse(JSON.parse(readFileSync(file, "utf8")));
  return new Map(Object.entries(known));
}

/** Writes down which seeds are to be tried first from now on. */
export function rememberSeeds(seeds: ReadonlyMap<string, number>): void {
  const sorted = [...seeds].toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
