import type { GitObject } from "../git/cat-file.ts";
import { git } from "../git/git.ts";
import { parseTree, treeEntries } from "./git-objects.ts";
import { readLoose } from "./loose-objects.ts";
import type { FileNode, Node, TreeNode } from "./tree.ts";

type ReadMany = (ids: readonly string[]) => Promise<readonly (GitObject | null)[]>;

export interface TreesOptions {
  readonly directory: string;
  /** In their order; `null` for what is not there. */
  readonly readObjects: (ids: readonly string[], signal?: AbortSignal) => Promise<readonly (GitObject | null)[]>;
}

/** Directories of commits, by id: those that did not change are neither read nor made again. */
export interface ObjectTrees {
  /** The tree of a commit object. */
  read(commit: { readonly id: string; readonly bytes: Uint8Array }, signal?: AbortSignal): Promise<TreeNode>;
  idOf(tree: TreeNode): string | undefined;
  know(tree: TreeNode, id: string): void;
}

/** More directories than this that are new at once are listed by one call of git. */
const mostRead = 600;

export function createObjectTrees({ directory, readObjects }: TreesOptions): ObjectTrees {
  const ids = new WeakMap<TreeNode, string>();
  let byId = new Map<string, TreeNode>();
  let pruned = 0;
  return {
    idOf: (tree) => ids.get(tree),
    know,
    async read(commit, signal) {
      const id = /^tree ([0-9a-f]+)$/m.exec(Buffer.from(commit.bytes).toString("latin1", 0, 80))?.[1] ?? "";
      const read = byId.size === 0 ? looseOf : readObjects;
      const tree = (await readChanged(id, (ids) => read(ids, signal))) ?? (await list(commit.id, signal));
      if (byId.size > 2 * pruned + 100) prune(tree);
      return tree;
    },
  };

  function know(tree: TreeNode, id: string): void {
    ids.set(tree, id);
    byId.set(id, tree);
  }

  /** Of a process that knows nothing yet: what is in no files of its own is listed faster than read. */
  function looseOf(ids: readonly string[]): ReturnType<ReadMany> {
    return Promise.all(ids.map((id) => readLoose(directory, id)));
  }

  async function list(commit: string, signal?: AbortSignal): Promise<TreeNode> {
    const args = ["ls-tree", "-r", "-t", "-z", "--full-tree", commit];
    const listed = (await git(args, { cwd: directory, signal })).stdout.toString("utf8");
    const root = parseTree(listed, know);
    return root;
  }

  /** Level by level, from the root down to what is known; `null`: so much is new that a listing is faster, or something is missing. */
  async function readChanged(root: string, readMany: ReadMany): Promise<TreeNode | null> {
    const read = new Map<string, ReturnType<typeof treeEntries>>();
    const order: string[] = [];
    let wanted = byId.has(root) ? [] : [root];
    while (wanted.length > 0) {
      if (order.length + wanted.length > mostRead) return null;
      const objects = await readMany(wanted);
      const below = new Set<string>();
      for (const [index, id] of wanted.entries()) {
        const object = objects[index];
        if (object?.type !== "tree") return null;
        const entries = treeEntries(object.bytes, id.length);
        read.set(id, entries);
        order.push(id);
        for (const entry of entries) if (entry.mode === "40000" && !byId.has(entry.id)) below.add(entry.id);
      }
      wanted = [...below].filter((id) => !read.has(id));
    }
    for (const id of order.toReversed()) build(id, read);
    return byId.get(root) ?? null;
  }

  /** A directory that is twice in a tree may be met above one that it holds. */
  function build(id: string, read: ReadonlyMap<string, ReturnType<typeof treeEntries>>): TreeNode {
    const known = byId.get(id);
    if (known !== undefined) return known;
    const entries = new Map<string, Node>(
      (read.get(id) ?? []).map((entry) => [entry.name, entry.mode === "40000" ? build(entry.id, read) : fileOf(entry)]),
    );
    const tree: TreeNode = { kind: "tree", entries };
    know(tree, id);
    return tree;
  }

  /** Directories that are gone are forgotten once there are as many as those that are not. */
  function prune(root: TreeNode): void {
    const before = byId;
    byId = new Map();
    keep(root);
    pruned = byId.size;

    function keep(tree: TreeNode): void {
      const id = ids.get(tree);
      if (id === undefined || byId.has(id) || !before.has(id)) return;
      byId.set(id, tree);
      for (const node of tree.entries.values()) if (node.kind === "tree") keep(node);
    }
  }
}

function fileOf({ id, mode }: { readonly id: string; readonly mode: string }): FileNode {
  return { kind: "file", id, mode: mode.padStart(6, "0") };
}
