import { type Architecture, type MapEntry, partOf } from "./document.ts";
import { impurities } from "./rules.ts";
import type { Source } from "./source.ts";

/**
 * The map of ARCHITECTURE.md: each part with its files. Sentences come from the sources; a mark, once given, is only
 * changed by hand, so that a pure file that turns effectful fails the test instead of losing its mark unseen.
 */
export function drawMap(sources: readonly Source[], architecture: Architecture): string {
  const entries = markFiles(sources, architecture);
  const groups = architecture.parts.map((part) => {
    const own = entries.filter(({ path }) => partOf(path, architecture.parts)?.name === part.name);
    if (own.length === 0) return "";
    const lines = own.map(({ path, pure, sentence }) => `- ${pure ? "○" : "●"} \`${path}\` ${sentence}`);
    return `\n**${part.name}**: ${part.what}\n\n${lines.join("\n")}\n`;
  });
  return `${groups.join("")}\n`;
}

function markFiles(sources: readonly Source[], architecture: Architecture): readonly MapEntry[] {
  const marked = new Map(architecture.map.map((entry) => [entry.path, entry.pure]));
  const unmarked = sources.filter(({ path }) => !marked.has(path));
  const effectful = new Set([...marked].filter(([, pure]) => !pure).map(([path]) => path));
  for (const source of unmarked)
    if (impurities(source, architecture.purePackages).length > 0) effectful.add(source.path);
  // Effects spread along imports, until no further file is reached.
  for (let size = -1; size !== effectful.size;) {
    size = effectful.size;
    for (const { path, imports } of unmarked) {
      if (imports.some(({ file, typesOnly }) => file !== null && !typesOnly && effectful.has(file)))
        effectful.add(path);
    }
  }
  return sources.map(({ path, sentence }) => ({
    path,
    pure: !effectful.has(path),
    sentence: sentence ?? "(no doc comment)",
  }));
}
