import type { Configuration } from "../../test/config/spellings.ts";

/** What a service file can say about one subject: meanings, and for each the ways to write it, as parts of a file. The first is to say nothing. */
export interface Facet {
  readonly name: string;
  readonly meanings: readonly (readonly Configuration[])[];
}

/** A part of a file without what is left out. */
export function given(part: Configuration): Configuration {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
}
