import { registerHooks } from "node:module";

import type { Mutant } from "./mutants/mutant.ts";

/** From here on this thread loads the program with the mutant in it; nothing on disk changes. */
export function mutate({ file, from, to }: Mutant, root: URL): void {
  const target = new URL(file, root).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source = sourceText(loaded.source);
      if (source.split(from).length !== 2) throw new Error(`expected once in ${file}: ${from}`);
      return { ...loaded, source: source.split(from).join(to) };
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
