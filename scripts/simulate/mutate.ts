import { registerHooks } from "node:module";

import type { Mutant } from "./mutants/mutant.ts";

/** From here on this thread loads the program with the mutant in it; nothing on disk changes. */
export function mutate({ edits }: Pick<Mutant, "edits">, root: URL): void {
  const byUrl = Map.groupBy(edits, ({ file }) => new URL(file, root).href);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = byUrl.get(url);
      if (own === undefined) return loaded;
      const source = own.reduce((text, { file, from, to }) => {
        if (text.split(from).length !== 2) throw new Error(`expected once in ${file}: ${from}`);
        return text.split(from).join(to);
      }, sourceText(loaded.source));
      return { ...loaded, source };
    },
  });
}

/** Root of this repository. */
export const repositoryRoot = new URL("../..", import.meta.url);

function sourceText(source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string {
  if (typeof source === "string") return source;
  if (source === undefined) throw new Error("expected the text of a module, got nothing");
  return new TextDecoder().decode(source);
}
