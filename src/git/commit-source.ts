import { readObjects } from "./cat-file.ts";
import type { FileKind, FileSource, SourceEntry } from "./file-source.ts";
import { git } from "./git.ts";

const kinds: Readonly<Record<string, FileKind>> = {
  "100644": "file",
  "100664": "file",
  "100755": "executable",
  "120000": "symlink",
  "040000": "directory",
};

/** The files of a commit, listed once: what is checked out does not matter. */
export async function commitSource(
  commit: string,
  cwd: string,
): Promise<FileSource & { readonly paths: readonly string[] }> {
  const listed = await git(["ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit], { cwd });
  const entries = new Map<string, SourceEntry & { readonly id: string }>();
  const directories = new Map<string, SourceEntry[]>([["", []]]);
  for (const line of listed.stdout.toString("utf8").split("\0")) {
    const found = /^(?<mode>\d+) \w+ (?<id>[0-9a-f]+) +(?<size>\d+|-)\t(?<path>.*)$/s.exec(line)?.groups;
    if (found === undefined) continue;
    const path = found["path"] ?? "";
    const slash = path.lastIndexOf("/");
    const kind = kinds[found["mode"] ?? ""] ?? "other";
    const entry = { name: path.slice(slash + 1), kind, size: Number(found["size"]) || 0, id: found["id"] ?? "" };
    entries.set(path, entry);
    directories.get(slash === -1 ? "" : path.slice(0, slash))?.push(entry);
    if (kind === "directory") directories.set(path, []);
  }
  return {
    paths: [...entries.keys()],
    stat: async (path) => (path === "" ? { name: "", kind: "directory", size: 0 } : (entries.get(path) ?? null)),
    list: async (directory) => directories.get(directory) ?? [],
    async read(paths) {
      const objects = await readObjects(
        paths.map((path) => entries.get(path)?.id ?? path),
        { cwd },
      );
      return objects.map((object, index) => {
        if (object === null)
          throw new Error(`${paths[index]} cannot be read at ${commit}: its content is not in this clone`);
        return object.bytes;
      });
    },
  };
}
