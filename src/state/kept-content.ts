import type { FileEntry } from "../config/files.ts";
import { contentId, sortedByPath } from "../git/content-id.ts";
import type { Branch, Tip } from "./branch.ts";
import { unreadable } from "./encode.ts";
import { contentDirectory } from "./layout.ts";
import { isEmptyContent } from "./prepare.ts";
import { filesBelow } from "./tree.ts";

const modes: Readonly<Record<string, FileEntry["mode"]>> = {
  "100644": "file",
  "100755": "executable",
  "120000": "symlink",
};

/** Files of a content as the branch keeps them, checked against their id; `null` when it does not keep them. */
export async function readKeptContent(
  branch: Branch,
  tip: Tip | null,
  content: string,
  signal?: AbortSignal,
): Promise<readonly FileEntry[] | null> {
  if (isEmptyContent(content)) return [];
  const directory = contentDirectory(content);
  const files = tip === null ? [] : filesBelow(tip.tree, directory);
  if (files.length === 0) return null;
  const contents = await branch.contents([...new Set(files.map(([, node]) => node.id))], signal);
  const entries = files.map(([path, node]): FileEntry => {
    const bytes = contents.get(node.id);
    const mode = modes[node.mode];
    if (bytes === undefined || mode === undefined) throw unreadable(path, "expected the content of a file or a link");
    return { path: innerPath(path.slice(directory.length + 1)), mode, content: bytes };
  });
  const sorted = sortedByPath(entries);
  const actual = contentId(sorted);
  if (actual !== content) throw unreadable(directory, `expected content ${content}, got ${actual}: it was edited`);
  return sorted;
}

/** `file` is an entry that is a file, `tree/…` one that is a directory. */
function innerPath(path: string): string {
  return path === "file" ? "" : path.replace(/^tree\//, "");
}
