/** The files of a commit as values: one of them, with its content's id, and git's mode in octal. */
export interface FileNode {
  readonly kind: "file";
  readonly id: string;
  readonly mode: string;
}

/** A directory of the state branch. Never changed: an edit makes new nodes along its path and shares the rest. */
export interface TreeNode {
  readonly kind: "tree";
  readonly entries: ReadonlyMap<string, Node>;
}

export type Node = FileNode | TreeNode;

export const emptyTree: TreeNode = { kind: "tree", entries: new Map() };

/** What is at a path. */
export function nodeAt(tree: TreeNode, path: string): Node | null {
  let node: Node = tree;
  for (const name of path.split("/")) {
    const next: Node | undefined = node.kind === "tree" ? node.entries.get(name) : undefined;
    if (next === undefined) return null;
    node = next;
  }
  return node;
}

/** Every file below a path, with its path from the root. */
export function filesBelow(tree: TreeNode, path: string): readonly (readonly [string, FileNode])[] {
  const start = path === "" ? tree : nodeAt(tree, path);
  return start === null ? [] : collect(start, path);
}

function collect(node: Node, path: string): readonly (readonly [string, FileNode])[] {
  const found: (readonly [string, FileNode])[] = [];
  gather(node, path);
  return found;

  function gather(here: Node, at: string): void {
    if (here.kind === "file") found.push([at, here]);
    else for (const [name, child] of here.entries) gather(child, at === "" ? name : `${at}/${name}`);
  }
}

/** The tree with files put and, where `null`, removed. Only directories along these paths are new; empty ones vanish. */
export function editTree(tree: TreeNode, edits: ReadonlyMap<string, FileNode | null>): TreeNode {
  const here = new Map<string, FileNode | null>();
  const below = new Map<string, Map<string, FileNode | null>>();
  for (const [path, file] of edits) {
    const slash = path.indexOf("/");
    if (slash === -1) {
      here.set(path, file);
      continue;
    }
    const name = path.slice(0, slash);
    const inside = below.get(name) ?? new Map<string, FileNode | null>();
    inside.set(path.slice(slash + 1), file);
    below.set(name, inside);
  }
  const entries = new Map(tree.entries);
  for (const [name, inside] of below) {
    const before = tree.entries.get(name);
    const after = editTree(before?.kind === "tree" ? before : emptyTree, inside);
    if (after.entries.size > 0) entries.set(name, after);
    else if (before?.kind === "tree") entries.delete(name);
  }
  for (const [name, file] of here) {
    if (file === null) entries.delete(name);
    else entries.set(name, file);
  }
  return { kind: "tree", entries };
}
